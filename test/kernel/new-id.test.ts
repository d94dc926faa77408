import { expect, it } from 'vitest';
import { newId } from '../../src/kernel/new-id.ts';

it.each([
  ['1970-01-01T00:00:00.000Z', 'agt_0000000000'],
  ['1970-01-01T00:00:00.031Z', 'agt_000000000z'],
  ['1970-01-01T00:00:00.032Z', 'agt_0000000010'],
  ['2026-11-20T12:00:00.000Z', 'agt_01m7wd7tg0'],
])('at %s begins with %s', (at, beginning) => {
  const id = newId<string>('agt', new Date(at));
  expect(id.slice(0, 14)).toBe(beginning);
  expect(id).toMatch(/^agt_[0-9abcdefghjkmnpqrstvwxyz]{26}$/);
});

it('is a new one every time, also within one millisecond', () => {
  const at = new Date('2026-11-20T12:00:00Z');
  const ids = new Set(Array.from({ length: 10_000 }, () => newId<string>('evt', at)));
  expect(ids.size).toBe(10_000);
});

it('uses every character of its alphabet', () => {
  const at = new Date('2026-11-20T12:00:00Z');
  const tails = Array.from({ length: 200 }, () => newId<string>('evt', at).slice(14)).join('');
  expect([...new Set(tails)].sort().join('')).toBe('0123456789abcdefghjkmnpqrstvwxyz');
});
