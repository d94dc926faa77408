import { describe, expect, it } from 'vitest';
import { KeySeal, type SealContext } from '../../src/keys/key-seal.ts';
import { refusalOf } from '../kernel/refusal.ts';

const masterKey = new Uint8Array(32).fill(7);
const seal = new KeySeal(masterKey);
const context: SealContext = {
  organizationId: 'org_acme',
  keyId: 'key_1',
  purpose: 'credential',
};
const secret = new TextEncoder().encode('the private half');

function openingOf(box: Uint8Array, as: SealContext = context, by = seal): readonly string[] {
  return refusalOf(() => by.open(box, as));
}

describe('a sealed key', () => {
  it('opens as what it was sealed as', () => {
    const opened = seal.open(seal.seal(secret, context), { ...context });
    expect(new TextDecoder().decode(opened)).toBe('the private half');
  });

  it.each([1, 32, 138, 4_096])('of %d bytes takes 29 bytes more', (size) => {
    const box = seal.seal(new Uint8Array(size), context);
    expect(box).toHaveLength(size + 29);
    expect(seal.open(box, context)).toHaveLength(size);
  });

  it('is another one every time, and does not show what is in it', () => {
    const boxes = [seal.seal(secret, context), seal.seal(secret, context)].map((box) =>
      Buffer.from(box),
    );
    expect(boxes[0]?.equals(boxes[1] ?? Buffer.alloc(0))).toBe(false);
    expect(boxes.map((box) => box.includes('private'))).toStrictEqual([false, false]);
  });
});

describe('a sealed key stays shut', () => {
  const refused = ['key-not-usable'];

  it('to another master key', () => {
    const other = new KeySeal(new Uint8Array(32).fill(8));
    expect(openingOf(seal.seal(secret, context), context, other)).toStrictEqual(refused);
  });

  it.each([
    ['organization', { organizationId: 'org_other' }],
    ['key', { keyId: 'key_2' }],
    ['purpose', { purpose: 'client-authentication' }],
    ['division of the same text', { organizationId: 'org_acmekey_1', keyId: '' }],
  ])('as of another %s', (_name, change) => {
    const box = seal.seal(secret, context);
    expect(openingOf(box, { ...context, ...change })).toStrictEqual(refused);
  });

  it('with any one of its bytes altered', () => {
    const box = seal.seal(secret, context);
    for (const place of box.keys()) {
      const altered = box.map((byte, at) => (at === place ? byte ^ 1 : byte));
      expect(openingOf(altered)).toStrictEqual(refused);
    }
  });

  it('with any part of it cut off, or something added', () => {
    const box = seal.seal(secret, context);
    for (const length of box.keys()) {
      expect(openingOf(box.subarray(0, length))).toStrictEqual(refused);
    }
    expect(openingOf(Uint8Array.of(...box, 0))).toStrictEqual(refused);
  });
});

it.each([0, 16, 31, 33, 64])('a master key of %d bytes is none', (size) => {
  expect(() => new KeySeal(new Uint8Array(size))).toThrow('The master key has 32 bytes.');
});
