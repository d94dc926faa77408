import { createHash } from 'node:crypto';
import type { Sha256 } from '../../protocol/digest.ts';

/** The hash that the guarded fetch lends to the verifier: in this thread. */
export const sha256AtOnce: Sha256 = (bytes) => createHash('sha256').update(bytes).digest();
