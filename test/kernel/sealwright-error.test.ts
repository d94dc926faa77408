import { expect, it } from 'vitest';
import { SealwrightError } from '../../src/kernel/sealwright-error.ts';

it('says its code and its detail, and names no fault unless told', () => {
  const error = new SealwrightError('handle-taken', 'This name is in use.');
  expect(error.message).toBe('handle-taken: This name is in use.');
  expect([error.name, error.code, error.detail]).toStrictEqual([
    'SealwrightError',
    'handle-taken',
    'This name is in use.',
  ]);
  expect(error.faults).toStrictEqual([]);
  expect('cause' in error).toBe(false);
});

it('keeps what caused it out of what it says', () => {
  const cause = new Error('from a peer');
  const error = new SealwrightError('key-not-usable', 'The key cannot be used.', { cause });
  expect(error.cause).toBe(cause);
  expect(JSON.stringify(error)).not.toContain('from a peer');
});
