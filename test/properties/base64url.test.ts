import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeBase64url, encodeBase64url } from '../../src/protocol/base64url.ts';
import { numRuns } from './runs.ts';

test('octets come back from their text, which is the one that Buffer gives', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const text = encodeBase64url(bytes);
      expect(text).toBe(Buffer.from(bytes).toString('base64url'));
      expect(decodeBase64url(text)).toEqual(Uint8Array.from(bytes));
    }),
    { numRuns },
  );
});

test('a text that is accepted is the only one for its octets', () => {
  const character = fc.constantFrom(...'AQgwZz09-_+/=. \n');
  fc.assert(
    fc.property(fc.string({ unit: character, maxLength: 12 }), (text) => {
      const bytes = decodeBase64url(text);
      if (bytes !== undefined) expect(encodeBase64url(bytes)).toBe(text);
      else expect(Buffer.from(text, 'base64url').toString('base64url')).not.toBe(text);
    }),
    { numRuns },
  );
});
