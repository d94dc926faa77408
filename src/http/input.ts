import { z } from 'zod';
import { credentialTypeNamed } from '../credentials/facet-draft.ts';
import { type InputFault, SealwrightError } from '../kernel/sealwright-error.ts';
import { parseDateTimeStamp } from '../protocol/date-time.ts';
import { pointerTo } from '../protocol/parsed.ts';
import type { JsonValue } from '../protocol/strict-json.ts';

/**
 * Reads an input by its schema. Throws `invalid-input` that names every fault: a member that is not
 * known, one that is missing, one of another shape.
 */
export function parseInput<Input>(schema: z.ZodType<Input>, raw: unknown): Input {
  const parsed = schema.safeParse(raw);
  const faults = [...nulFaults(raw, ''), ...(parsed.success ? [] : faultsOf(parsed.error))];
  if (parsed.success && faults.length === 0) return parsed.data;
  throw new SealwrightError('invalid-input', 'The request does not have the expected form.', {
    faults,
  });
}

/** PostgreSQL has no year 0, and JavaScript writes years of five digits in another way. */
function isStorable(moment: Date): boolean {
  const year = moment.getUTCFullYear();
  return year >= 1 && year <= 9999;
}

/** A moment of the years 1 to 9999 as RFC 3339 with a time zone. */
export const moment = z
  .string()
  .meta({ format: 'date-time' })
  .transform((text, context) => {
    const parsed = parseDateTimeStamp(text);
    if (parsed.ok && isStorable(parsed.value)) return parsed.value;
    context.addIssue({ code: 'custom', message: 'must be a moment such as 2026-11-20T12:00:00Z' });
    return z.NEVER;
  });

/** What a credential may be, by its name in the API. */
export const credentialType = z.string().transform((text, context) => {
  const type = credentialTypeNamed(text);
  if (type !== undefined) return type;
  context.addIssue({ code: 'custom', message: 'must be the name of a credential type' });
  return z.NEVER;
});

/** JSON whose form the domain judges: it takes objects alone. */
export const anyJson = z
  .custom<JsonValue>((value) => value !== undefined, 'must be present')
  .meta({ type: 'object' });

/** The body of a change that someone answers for. */
export const reasonInput = z.strictObject({ reason: z.string() });

/** No member at all. */
export const noInput = z.strictObject({});

type Defined<Value> = { [Member in keyof Value]: Exclude<Value[Member], undefined> };

/** The same members without those that are undefined, for types that know only absence. */
export function withoutUndefined<Value extends object>(value: Value): Defined<Value> {
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members) as Defined<Value>;
}

function faultsOf(error: z.ZodError): InputFault[] {
  return error.issues.flatMap((issue) => {
    const pointer = issue.path.map((part) => pointerTo(String(part))).join('');
    if (issue.code !== 'unrecognized_keys') return [{ pointer, detail: issue.message }];
    return issue.keys.map((key) => ({
      pointer: `${pointer}${pointerTo(key)}`,
      detail: 'is not a member of this request',
    }));
  });
}

/** PostgreSQL stores no U+0000, in no text: it is refused here rather than fail there. */
function nulFaults(value: unknown, pointer: string): InputFault[] {
  if (typeof value === 'string') {
    return value.includes('\0') ? [{ pointer, detail: 'must not hold U+0000' }] : [];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [
    ...nulFaults(name, pointer),
    ...nulFaults(member, `${pointer}${pointerTo(name)}`),
  ]);
}
