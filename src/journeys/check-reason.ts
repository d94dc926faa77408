import { isPlainLine } from '../kernel/plain-line.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';

/** A reason is what an auditor reads later; it is short text, and it is there. */
export function checkReason(reason: string): void {
  const isShort = reason.trim() !== '' && reason.length <= 500;
  if (isShort && isPlainLine(reason)) return;
  const detail = isShort ? 'must not hold control characters' : 'say why, in 1 to 500 characters';
  throw new SealwrightError('invalid-input', 'The reason is not usable.', {
    faults: [{ pointer: '/reason', detail }],
  });
}
