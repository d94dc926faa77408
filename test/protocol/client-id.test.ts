import { describe, expect, test } from 'vitest';
import { parseClientId } from '../../src/protocol/client-id.ts';
import { readRefusals, readVectors } from './read-vectors.ts';
import { rulesOf } from './rules.ts';

describe('parseClientId', () => {
  test.each(readVectors('client-id.valid.txt'))('accepts %s', (url) => {
    expect(parseClientId(url)).toEqual({ ok: true, value: url });
    expect(new URL(url).href).toBe(url);
  });

  test.each(readVectors('client-id.loopback.txt'))('accepts %s on loopback only', (url) => {
    expect(parseClientId(url, { allowLoopback: true })).toEqual({ ok: true, value: url });
    expect(rulesOf(parseClientId(url))).toEqual(['url-scheme']);
    expect(rulesOf(parseClientId(url, { allowLoopback: false }))).toEqual(['url-scheme']);
  });

  test.each(readRefusals('client-id.invalid.txt'))('$rule refuses $input', ({ rule, input }) => {
    expect(rulesOf(parseClientId(input))).toEqual([rule]);
    expect(rulesOf(parseClientId(input, { allowLoopback: true }))).toEqual([rule]);
  });

  test.each([
    undefined,
    null,
    7,
    {},
    [],
    ['https://a.example/c'],
    new String('https://a.example/c'),
    new URL('https://a.example/c'),
    { toString: () => 'https://a.example/c' },
    7n,
    () => 'https://a.example/c',
  ])('A-12 refuses %s, which is no string, without throwing', (input) => {
    expect(rulesOf(parseClientId(input))).toEqual(['url-type']);
  });

  test('A-02 says that there is no path', () => {
    const detail = [{ pointer: '', rule: 'url-path', detail: 'has no path' }];
    expect(parseClientId('https://a.example')).toEqual({ ok: false, faults: detail });
    expect(parseClientId('https://a.example/')).toEqual({ ok: false, faults: detail });
  });

  test('A-11 draws the line at 2,048 characters', () => {
    const url = (length: number) => 'https://a.example/'.padEnd(length, 'c');
    expect(rulesOf(parseClientId(url(2_048)))).toBe('ok');
    expect(rulesOf(parseClientId(url(2_049)))).toEqual(['url-length']);
    expect(rulesOf(parseClientId(url(10_000_000)))).toEqual(['url-length']);
  });

  test('draws the line of a host name at 253 characters', () => {
    const label = 'a'.repeat(49);
    const host = (last: string) => `${[label, label, label, label, label].join('.')}.${last}`;
    expect(host('abc')).toHaveLength(253);
    expect(rulesOf(parseClientId(`https://${host('abc')}/c`))).toBe('ok');
    expect(rulesOf(parseClientId(`https://${host('abcd')}/c`))).toEqual(['url-host']);
  });
});
