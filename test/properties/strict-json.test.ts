import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalizeJson } from '../../src/protocol/canonical-json.ts';
import { type JsonValue, parseStrictJson } from '../../src/protocol/strict-json.ts';
import { encodeUtf8 } from '../../src/protocol/utf8.ts';
import { numRuns } from './runs.ts';

const name = fc.string({
  unit: fc.constantFrom('a', 'b', '"', '\\', ':', '{', '}', 'é', '😀', '\n'),
  maxLength: 3,
});
const leaf = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.maxSafeInteger().map((value) => value + 0),
  fc.double({ min: -1e9, max: 1e9, noNaN: true }).filter((value) => !Object.is(value, -0)),
  name,
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(name, tie('value'), { maxKeys: 4 }),
  ),
}));

/** The JSON text of a member list, so that names may repeat, with random white space and escapes. */
function textOf(members: readonly (readonly [string, JsonValue])[], escaped: boolean): string {
  const written = members.map(
    ([member, inner]) => `${nameOf(member, escaped)} :\t${JSON.stringify(inner)}`,
  );
  return `{ ${written.join(' ,\n')} }`;
}

function nameOf(member: string, escaped: boolean): string {
  if (!escaped) return JSON.stringify(member);
  const units = [...Array(member.length).keys()].map((at) => member.charCodeAt(at));
  return `"${units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')}"`;
}

describe('parseStrictJson', () => {
  test('gives for the text of any value that value, from text and from octets', () => {
    fc.assert(
      fc.property(value, fc.constantFrom(undefined, 1, '\t'), (any, space) => {
        const text = JSON.stringify(any, null, space);
        expect(parseStrictJson(text)).toEqual({ ok: true, value: JSON.parse(text) });
        expect(parseStrictJson(encodeUtf8(text))).toEqual({ ok: true, value: JSON.parse(text) });
      }),
      { numRuns },
    );
  });

  test('C-06 refuses an object exactly when a name is in it twice, however it is escaped', () => {
    const members = fc.array(fc.tuple(name, value, fc.boolean()), { maxLength: 5 });
    fc.assert(
      fc.property(members, fc.nat(3), (list, wraps) => {
        const written = list.map(([member, inner, escaped]) =>
          textOf([[member, inner as JsonValue]], escaped).slice(1, -1),
        );
        const text = `${'[{"x":'.repeat(wraps)}{${written.join(',')}}${'}]'.repeat(wraps)}`;
        const names = list.map(([member]) => member);
        const parsed = parseStrictJson(text);
        expect(parsed.ok).toBe(new Set(names).size === names.length);
        if (!parsed.ok) expect(parsed.faults[0]?.rule).toBe('json-duplicate');
      }),
      { numRuns },
    );
  });

  test('C-06, C-10: agrees with JSON.parse on all that it accepts, and throws for no text', () => {
    const soup = fc.string({
      unit: fc.constantFrom(...'{}[]":,\\u0dn1-.eEtrue \u0000\ud800'),
      maxLength: 30,
    });
    fc.assert(
      fc.property(soup, (text) => {
        const parsed = parseStrictJson(text);
        if (parsed.ok) expect(parsed.value).toEqual(JSON.parse(text));
      }),
      { numRuns },
    );
  });

  test('C-10 takes a number exactly when every reader takes it for the same', () => {
    const digits = fc.stringMatching(/^(0|[1-9][0-9]{0,18})$/);
    const fraction = fc.option(fc.stringMatching(/^\.[0-9]{1,4}$/), { nil: '' });
    const exponent = fc.option(fc.stringMatching(/^[eE][+-]?[0-9]{1,3}$/), { nil: '' });
    const number = fc.tuple(fc.constantFrom('', '-'), digits, fraction, exponent);
    fc.assert(
      fc.property(number, (parts) => {
        const text = parts.join('');
        const meant = Number(text);
        const whole = Number.isInteger(meant);
        const safe = Math.abs(meant) <= 9_007_199_254_740_991 && !Object.is(meant, -0);
        const taken = safe && !(whole && parts[3] !== '');
        const expected = taken ? { ok: true, value: [meant] } : { ok: false };
        expect(parseStrictJson(`[${text}]`)).toMatchObject(expected);
      }),
      { numRuns },
    );
  });

  test('C-09 throws for no octets, and agrees about those that it accepts', () => {
    const good = value.map((any) => encodeUtf8(JSON.stringify({ a: any })));
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(2), fc.nat(255)), { maxLength: 3 });
    const changed = fc.tuple(good, changes).map(([octets, list]) => {
      const result = [...octets];
      for (const [at, removed, octet] of list) result.splice(at % result.length, removed, octet);
      return Uint8Array.from(result);
    });
    let taken = 0;
    fc.assert(
      fc.property(fc.oneof(changed, fc.uint8Array({ maxLength: 40 })), (octets) => {
        const parsed = parseStrictJson(octets);
        if (!parsed.ok) return;
        taken += 1;
        const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets);
        expect(parsed.value).toEqual(JSON.parse(text));
      }),
      { numRuns },
    );
    expect(taken).toBeGreaterThan(numRuns / 10);
  });
});

describe('canonicalizeJson', () => {
  test('says the same value, whatever the order of its members', () => {
    fc.assert(
      fc.property(fc.dictionary(name, value, { maxKeys: 6 }), (object) => {
        const text = canonicalizeJson(object as JsonValue);
        const turned = Object.fromEntries(Object.entries(object).reverse());
        expect(canonicalizeJson(turned as JsonValue)).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(object)));
        expect(canonicalizeJson(JSON.parse(text))).toBe(text);
      }),
      { numRuns },
    );
  });
});
