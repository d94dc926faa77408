import { describe, expect, test } from 'vitest';
import { canonicalizeJson } from '../../src/protocol/canonical-json.ts';
import type { JsonValue } from '../../src/protocol/strict-json.ts';

describe('canonicalizeJson', () => {
  test('gives the example of RFC 8785 §3.2.2', () => {
    const value = JSON.parse(
      '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],' +
        '"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/",' +
        '"literals":[null,true,false]}',
    );
    expect(canonicalizeJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  test('sorts members by UTF-16 code units, as RFC 8785 §3.2.3 does', () => {
    const value = JSON.parse(
      '{"\\u20ac":"Euro Sign","\\r":"Carriage Return","\\ufb33":"Hebrew Letter Dalet With Dagesh",' +
        '"1":"One","\\ud83d\\ude00":"Emoji: Grinning Face","\\u0080":"Control",' +
        '"\\u00f6":"Latin Small Letter O With Diaeresis"}',
    );
    const names = [...canonicalizeJson(value).matchAll(/:"([^"]+)"/g)].map((match) => match[1]);
    expect(names).toEqual([
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ]);
  });

  test('sorts at every depth and keeps the order of arrays', () => {
    expect(canonicalizeJson({ b: [{ d: 1, c: 2 }, 'x'], a: {} })).toBe(
      '{"a":{},"b":[{"c":2,"d":1},"x"]}',
    );
    expect(canonicalizeJson({ 10: 'a', 9: 'b' })).toBe('{"10":"a","9":"b"}');
  });

  test.each<[unknown, string]>([
    [Number.NaN, 'a number that JSON cannot say'],
    [Number.POSITIVE_INFINITY, 'a number that JSON cannot say'],
    [undefined, 'a value that JSON cannot say'],
    [() => 1, 'a value that JSON cannot say'],
  ])('throws for %s, which is %s', (value, message) => {
    const error = new TypeError(message);
    expect(() => canonicalizeJson(value as JsonValue)).toThrow(error);
    expect(() => canonicalizeJson({ a: [value as JsonValue] })).toThrow(error);
  });
});
