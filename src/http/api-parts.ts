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

/** Headers of answers. */
export const responseHeaders: JsonObject = {
  RequestId: { schema: text, description: 'X-Request-Id: names the request in the log.' },
  RateLimit: { schema: text, description: 'What is left of the requests of this token.' },
  RateLimitPolicy: {
    schema: text,
    description: 'How many requests it may send, and in what time.',
  },
  RetryAfter: { schema: text, description: 'After how many seconds to try again.' },
  Replayed: { schema: text, description: '"true" where an earlier answer is sent again.' },
  Location: { schema: text, description: 'The path of what was made.' },
  EntityTag: { schema: text, description: 'The entity tag of what is shown.' },
  NextPage: { schema: text, description: 'rel="next": the following page, if there is one.' },
};

/** The names of response headers, and the part that describes each. */
const parts = {
  'X-Request-Id': 'RequestId',
  RateLimit: 'RateLimit',
  'RateLimit-Policy': 'RateLimitPolicy',
  'Retry-After': 'RetryAfter',
  'Idempotency-Replayed': 'Replayed',
  Location: 'Location',
  ETag: 'EntityTag',
  Link: 'NextPage',
} as const;

/** A response header by its name. */
export type HeaderName = keyof typeof parts;

/** The `headers` of a response: those whose condition holds. */
export function headersOf(held: { readonly [Name in HeaderName]?: boolean }): JsonObject {
  const names = Object.entries(parts).filter(([name]) => held[name as HeaderName] === true);
  return Object.fromEntries(
    names.map(([name, part]) => [name, { $ref: `#/components/headers/${part}` }]),
  );
}
