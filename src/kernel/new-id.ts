import { randomBytes } from 'node:crypto';

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const timestampCharacters = 10;
const randomCharacters = 16;

/**
 * A new identifier such as `agt_01k9…`: prefix, 48 bits of time, 80 random bits, in Crockford's
 * base32. Identifiers of one kind sort by the millisecond of their creation.
 */
export function newId<Id extends string>(prefix: string, now: Date): Id {
  return `${prefix}_${timePart(now)}${randomPart()}` as Id;
}

function timePart(now: Date): string {
  let rest = now.getTime();
  let text = '';
  for (let place = 0; place < timestampCharacters; place += 1) {
    text = alphabet.charAt(rest % alphabet.length) + text;
    rest = Math.floor(rest / alphabet.length);
  }
  return text;
}

function randomPart(): string {
  const bytes = randomBytes(randomCharacters);
  return Array.from(bytes, (byte) => alphabet.charAt(byte % alphabet.length)).join('');
}
