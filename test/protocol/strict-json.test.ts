import { describe, expect, test } from 'vitest';
import { parseStrictJson, parseStrictJsonObject } from '../../src/protocol/strict-json.ts';
import { encodeUtf8 } from '../../src/protocol/utf8.ts';
import { rulesOf } from './rules.ts';

describe('parseStrictJson', () => {
  test.each([
    '{}',
    '[]',
    'null',
    'true',
    '0',
    '-1.5e-3',
    '1.25e1',
    '1.0',
    '"1E2"',
    '[true, false, null, 2e-1]',
    '9007199254740991',
    '-9007199254740991',
    '"\\u00e9\\ud83d\\ude00\\n"',
    '"\u{1f600}"',
    ' \t\r\n{"a" : [1, {"a": 2}] , "b": {"a": "}:{\\"\\\\" }} ',
    '{"constructor": 1, "prototype": {"constructor": {"x": 1}}}',
    '{"constructor": null, "a": {"prototype": 1}, "b": ["prototype"]}',
    '{"toString": 1, "hasOwnProperty": 2, "__proto": 3}',
    '{"": {"": ""}}',
    '{"1": 1, "0": 2, "a": 3}',
    '["\\\\", "\\\\\\"", ":"]',
  ])('gives for %s what JSON.parse gives', (text) => {
    const expected = { ok: true, value: JSON.parse(text) };
    expect(parseStrictJson(text)).toEqual(expected);
    expect(parseStrictJson(encodeUtf8(text))).toEqual(expected);
  });

  test.each([
    ['{"a":1,"a":1}', 'json-duplicate'],
    ['{"a":1,"a":2}', 'json-duplicate'],
    ['{"iss":1,"\\u0069ss":2}', 'json-duplicate'],
    ['{"a":{"b":[{"c":1,"d":2,"c":3}]}}', 'json-duplicate'],
    ['{"":1,"":1}', 'json-duplicate'],
    ['{"\\\\":1,"\\u005c":1}', 'json-duplicate'],
    ['{"1":1,"1":2}', 'json-duplicate'],
    ['{"a":"\\"","a":"\\\\"}', 'json-duplicate'],
    ['', 'json-syntax'],
    ['{', 'json-syntax'],
    ['{"a":1,}', 'json-syntax'],
    ["{'a':1}", 'json-syntax'],
    ['{"a":1} {}', 'json-syntax'],
    ['{"a":1}x', 'json-syntax'],
    ['{"a":1}\u0000', 'json-syntax'],
    ['"abc', 'json-syntax'],
    ['"a\nb"', 'json-syntax'],
    ['NaN', 'json-syntax'],
    ['01', 'json-syntax'],
    ['+1', 'json-syntax'],
    ['/**/1', 'json-syntax'],
    ['\u00a01', 'json-syntax'],
    ['1e400', 'json-number'],
    ['-1e400', 'json-number'],
    ['-0', 'json-number'],
    ['-0.0', 'json-number'],
    ['9007199254740992', 'json-number'],
    ['-9007199254740993', 'json-number'],
    ['1e300', 'json-number'],
    ['1E2', 'json-number'],
    ['1e2', 'json-number'],
    ['1e+2', 'json-number'],
    ['100e-2', 'json-number'],
    ['1.5e1', 'json-number'],
    ['0e0', 'json-number'],
    ['1e-400', 'json-number'],
    ['-7E0', 'json-number'],
    ['{"a":[0.5,1E2]}', 'json-number'],
    ['1e', 'json-syntax'],
    ['1.e2', 'json-syntax'],
    ['1.5.5e2', 'json-syntax'],
    ['{"a":[1,-0]}', '/a/1 json-number'],
    ['"\\ud800"', 'json-surrogate'],
    ['"\\udc00\\ud800"', 'json-surrogate'],
    ['"\\uD83Dx"', 'json-surrogate'],
    ['"\ud800"', 'json-surrogate'],
    ['{"\\udfff":1}', '/\udfff json-surrogate'],
    ['{"__proto__":{"polluted":true}}', '/__proto__ json-member'],
    ['{"a/b":{"\\u005f_proto__":1}}', '/a~1b/__proto__ json-member'],
    ['{"constructor":{"prototype":{"polluted":true}}}', '/constructor json-member'],
  ])('C-06, C-08, C-10: refuses %j', (text, rule) => {
    expect(rulesOf(parseStrictJson(text))).toEqual([rule]);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test.each([
    ['two octets to a character', [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]],
    ['two octets to a character without a mark', [0x00, 0x7b, 0x00, 0x7d, 0xd8, 0x00]],
    ['an overlong form', [0x22, 0xc0, 0xaf, 0x22]],
    ['a byte order mark', [0xef, 0xbb, 0xbf, 0x7b, 0x7d]],
    ['octets that are not UTF-8', [0x22, 0xff, 0x22]],
    ['an encoded surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
  ])('C-09 refuses %s', (_what, bytes) => {
    expect(rulesOf(parseStrictJson(Uint8Array.from(bytes)))).toEqual(['json-utf8']);
  });

  test('refuses a byte order mark in a text', () => {
    expect(rulesOf(parseStrictJson('\ufeff{}'))).toEqual(['json-syntax']);
  });

  test('C-07 draws the line at 32 levels', () => {
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
    const objects = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
    expect(rulesOf(parseStrictJson(nested(32)))).toBe('ok');
    expect(rulesOf(parseStrictJson(nested(33)))).toEqual(['json-depth']);
    expect(rulesOf(parseStrictJson(objects(32)))).toBe('ok');
    expect(rulesOf(parseStrictJson(objects(33)))).toEqual(['json-depth']);
    expect(rulesOf(parseStrictJson(nested(1_000_000)))).toEqual(['json-depth']);
    expect(rulesOf(parseStrictJson(`"${'['.repeat(1_000)}"`))).toBe('ok');
    expect(rulesOf(parseStrictJson(`[${'[],'.repeat(1_000)}[]]`))).toBe('ok');
    expect(rulesOf(parseStrictJson(`[${'{},'.repeat(1_000)}{}]`))).toBe('ok');
    expect(rulesOf(parseStrictJson(`[${'null,'.repeat(1_000)}${nested(31)}]`))).toBe('ok');
    expect(rulesOf(parseStrictJson(`[${'null,'.repeat(1_000)}${nested(32)}]`))).toEqual([
      'json-depth',
    ]);
  });

  test('says nothing of the input in its words', () => {
    const parsed = parseStrictJson('{"secret-value"');
    expect(JSON.stringify(parsed)).not.toContain('secret-value');
  });

  test.each<[string, (size: number) => string]>([
    ['C-12 as many members', (size) => `{${listOf(size, (at) => `"k${at}":${at}`)}}`],
    [
      'C-12 as many members with numbers for names',
      (size) => `{${listOf(size, (at) => `"${at}":1`)}}`,
    ],
    ['C-12 the same member as often', (size) => `{${listOf(size, () => '"a":1')}}`],
    ['C-12 as many objects', (size) => `[${listOf(size, () => '{"a":{}}')}]`],
    ['quotes that are escaped', (size) => `"${'\\"'.repeat(size * 5)}"`],
    ['backslashes', (size) => `"${'\\\\'.repeat(size * 5)}"`],
    ['a string that never ends', (size) => `"${'\\"'.repeat(size * 5)}`],
    ['one long number', (size) => '1'.repeat(size * 5)],
    ['one long exponent', (size) => `1e${'1'.repeat(size * 5)}`],
    ['exponents of exponents', (size) => '1e'.repeat(size * 5)],
    ['numbers with exponents', (size) => `[${listOf(size, () => '5e-1')}]`],
  ])('reads %s ten times over in not much more than ten times as long', (_what, textOf) => {
    const [short, long] = [textOf(10_000), textOf(100_000)].map((text) => {
      const spent = [1, 2, 3].map(() => {
        const start = performance.now();
        parseStrictJson(text);
        return performance.now() - start;
      });
      return Math.min(...spent);
    });
    // Quadratic growth is a hundredfold, and then some; the rest is for a busy machine.
    expect(long).toBeLessThan(500 + 30 * (short ?? 0));
  });
});

function listOf(size: number, entry: (at: number) => string): string {
  return Array.from({ length: size }, (_, at) => entry(at)).join(',');
}

describe('parseStrictJsonObject', () => {
  test.each(['[]', 'null', '"{}"', '1', '[{}]'])('C-11 refuses %s at the top level', (text) => {
    expect(rulesOf(parseStrictJsonObject(text))).toEqual(['json-not-object']);
  });

  test('passes faults on', () => {
    expect(rulesOf(parseStrictJsonObject('{"a":1,"a":1}'))).toEqual(['json-duplicate']);
    expect(parseStrictJsonObject('{"a":1}')).toEqual({ ok: true, value: { a: 1 } });
  });
});
