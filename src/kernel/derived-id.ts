import { createHash } from 'node:crypto';

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const timeEnd = 14;
const derivedCharacters = 16;

/**
 * The id of what a request makes: always the same for the same request, prefix and attempt, and
 * sorted by the moment of the request. `requestId` is `req_…` as newId makes it.
 */
export function derivedId<Id extends string>(
  prefix: string,
  requestId: string,
  attempt: number,
): Id {
  const time = requestId.slice(requestId.indexOf('_') + 1, timeEnd);
  const digest = createHash('sha256').update(`${prefix} ${requestId} ${attempt}`).digest();
  const rest = Array.from(digest.subarray(0, derivedCharacters), (byte) =>
    alphabet.charAt(byte % alphabet.length),
  ).join('');
  return `${prefix}_${time}${rest}` as Id;
}
