import fc from 'fast-check';
import { expect, it } from 'vitest';
import { KeySeal } from '../../src/keys/key-seal.ts';

const secret = fc.uint8Array({ minLength: 1, maxLength: 300 });
const context = fc.record({
  organizationId: fc.string({ maxLength: 12 }),
  keyId: fc.string({ maxLength: 12 }),
  purpose: fc.string({ maxLength: 12 }),
});
const seal = new KeySeal(new Uint8Array(32).fill(3));

it('opens what it sealed', () => {
  fc.assert(
    fc.property(secret, context, (octets, bound) => {
      const opened = seal.open(seal.seal(octets, bound), bound);
      expect(new Uint8Array(opened)).toStrictEqual(new Uint8Array(octets));
    }),
  );
});

it('opens nothing as anything else', () => {
  fc.assert(
    fc.property(secret, context, context, (octets, bound, other) => {
      fc.pre(JSON.stringify(bound) !== JSON.stringify(other));
      expect(() => seal.open(seal.seal(octets, bound), other)).toThrow('key-not-usable');
    }),
  );
});
