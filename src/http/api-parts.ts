import type { JsonObject } from '../protocol/strict-json.ts';

const text = { type: 'string' } as const;

/** Request headers that several calls mind. */
export const parameters: JsonObject = {
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    schema: { ...text, minLength: 1, maxLength: 257 },
    description: 'Sent again within a day with the same content, the call is answered alike.',
  },
  IfMatch: {
    name: 'If-Match',
    in: 'header',
    schema: text,
    description: 'The ETag that was read: the change is made if nobody else made one since.',
  },
};

/** Headers of answers, by their names. */
const headers = {
  'X-Request-Id': 'Names the request in the log.',
  RateLimit: 'What is left of the requests of this token.',
  'RateLimit-Policy': 'How many requests it may send, and in what time.',
  'Retry-After': 'After how many seconds to try again.',
  'Idempotency-Replayed': '"true" where an earlier answer is sent again.',
  Location: 'The path of what was made.',
  ETag: 'The entity tag of what is shown.',
  Link: 'rel="next": the following page, if there is one.',
} as const;

/** A response header by its name. */
export type HeaderName = keyof typeof headers;

/** Every response header, for the parts of the document that are shared. */
export const responseHeaders: JsonObject = Object.fromEntries(
  Object.entries(headers).map(([name, description]) => [name, { schema: text, description }]),
);

/** The `headers` of a response: those whose condition holds. */
export function headersOf(held: { readonly [Name in HeaderName]?: boolean }): JsonObject {
  const names = Object.entries(held).filter(([, holds]) => holds);
  return Object.fromEntries(
    names.map(([name]) => [name, { $ref: `#/components/headers/${name}` }]),
  );
}
