import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { Secret } from '../../src/config/secrets.ts';

test('a secret gives its value to reveal alone', () => {
  const secret = new Secret('open sesame');
  expect(secret.reveal()).toBe('open sesame');
  expect(`${secret}`).toBe('[secret]');
  expect(JSON.stringify({ secret })).toBe('{"secret":"[secret]"}');
  expect(inspect({ secret }, { depth: 9, showHidden: true })).not.toContain('sesame');
  expect(Object.keys(secret)).toEqual([]);
});
