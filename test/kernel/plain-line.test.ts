import { expect, it } from 'vitest';
import { isPlainLine } from '../../src/kernel/plain-line.ts';

it.each(['', 'Billing Bot', 'Zürich – 東京 🤖', '<b>"&'])('%j is a plain line', (text) => {
  expect(isPlainLine(text)).toBe(true);
});

it.each([
  'a\u0000b',
  'a\nb',
  'a\u001b[31mb',
  'a\u007fb',
  'a\u0085b',
  'a\u200bb',
  'a\u2028b',
  'a\u2029b',
  'a\u202eb',
  'a\u2066b',
  'a\ufeffb',
  'a\u{e0041}b',
  'a\ud83d',
])('%j is none', (text) => {
  expect(isPlainLine(text)).toBe(false);
});
