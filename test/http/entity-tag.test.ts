import { expect, test } from 'vitest';
import { matchesEntityTag } from '../../src/http/entity-tag.ts';

const tag = '"abc-_9"';

test.each([
  ['"abc-_9"', true],
  ['W/"abc-_9"', true],
  ['*', true],
  [' * ', true],
  ['"x","y" , W/"abc-_9"', true],
  ['"x" "abc-_9"', false],
  ['w/"abc-_9"', false],
  ['abc-_9', false],
  ['"abc-_9', false],
  ['"ABC-_9"', false],
  ['"*"', false],
  ['', false],
  [',', false],
])('%s', (condition, expected) => {
  expect(matchesEntityTag(condition, tag)).toBe(expected);
  expect(matchesEntityTag(condition, tag)).toBe(expected);
});

test('a list beyond any honest length matches nothing', () => {
  expect(matchesEntityTag(`${'"a",'.repeat(25_000)}${tag}`, tag)).toBe(false);
  expect(matchesEntityTag(`"${' '.repeat(4000)}`, tag)).toBe(false);
});
