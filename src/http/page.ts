import { z } from 'zod';
import type { PageRequest } from '../kernel/page.ts';

const defaultLimit = 50;
const mostLimit = 200;
const cursorPattern = /^[A-Za-z0-9_-]{4,120}$/;

/** The query members of every listing. */
export const pageMembers = {
  limit: z
    .string()
    .regex(/^[1-9]\d{0,2}$/, `must be a number from 1 to ${mostLimit}`)
    .meta({ description: `How many rows: 1 to ${mostLimit}, ${defaultLimit} unless given.` })
    .transform(Number)
    .refine((limit) => limit <= mostLimit, `must be at most ${mostLimit}`)
    .default(defaultLimit),
  cursor: z
    .string()
    .regex(cursorPattern, 'must be a cursor from an earlier answer')
    .meta({ description: 'The `next` of the page before.' })
    .optional(),
} as const;

/** What a caller asks for by `limit` and `cursor`. */
export interface PageInput {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** One page of rows; `next` is the opaque cursor of the following page, null after the last one. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly next: string | null;
}

/** Reads one row more than asked for, which tells whether a further page exists. */
export async function readPage<Row extends { readonly id: string }>(
  input: PageInput,
  read: (page: PageRequest) => Promise<readonly Row[]>,
): Promise<Page<Row>> {
  const after = input.cursor === undefined ? undefined : decodeCursor(input.cursor);
  const found = await read({ limit: input.limit + 1, after });
  const rows = found.slice(0, input.limit);
  const last = rows.at(-1);
  const more = found.length > input.limit && last !== undefined;
  return { rows, next: more ? encodeCursor(last.id) : null };
}

function encodeCursor(id: string): string {
  return Buffer.from(id).toString('base64url');
}

/** Whatever a forged cursor decodes to, it only says where a listing of the caller's own starts. */
function decodeCursor(cursor: string): string {
  return Buffer.from(cursor, 'base64url').toString('latin1').replaceAll('\0', '');
}
