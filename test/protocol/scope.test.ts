import { describe, expect, test } from 'vitest';
import { isScopeToken, parseScope, scopeOf } from '../../src/protocol/scope.ts';

describe('scope tokens (RFC 6749 §3.3)', () => {
  test('are made of exactly these 92 characters', () => {
    const accepted = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).filter(
      isScopeToken,
    );
    const expected = Array.from({ length: 0x7e - 0x21 + 1 }, (_, i) =>
      String.fromCharCode(0x21 + i),
    );
    expect(accepted).toEqual(expected.filter((character) => !'"\\'.includes(character)));
    expect(accepted).toHaveLength(92);
  });

  test.each(['', 'a b', 'a\n', 'read:é'])('%j is none', (text) => {
    expect(isScopeToken(text)).toBe(false);
  });

  test('an action on a resource is one', () => {
    expect(scopeOf({ action: 'read', resource: 'logs/production' })).toBe('read:logs/production');
  });
});

test.each([
  ['read:logs/production read:logs/pii', ['read:logs/production', 'read:logs/pii']],
  ['b a b', ['b', 'a']],
  ['  a   b ', ['a', 'b']],
  ['', []],
  ['a\tb "c"', ['a\tb', '"c"']],
])('the scope %j has the tokens %j', (text, tokens) => {
  expect(parseScope(text)).toEqual(tokens);
});
