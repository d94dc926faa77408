import type { RequestHandler } from 'express';
import { SealwrightError } from '../kernel/sealwright-error.ts';

/** Whether the database answers, as whoever asks it all the time knows. */
export interface StorageWatch {
  readonly isUp: boolean;
  /** Calls back when the database stops answering; the returned function ends that. */
  onLost(listener: () => void): () => void;
}

/**
 * Answers calls while the database is away, at once and with `storage-unavailable`, so that none
 * waits for a connection. Calls that were under way when it went are answered then, too: whether
 * they took effect is unknown, and the same Idempotency-Key tells.
 */
export function refuseWithoutStorage(storage: StorageWatch): RequestHandler {
  return (_request, response, next) => {
    if (!storage.isUp) throw away();
    const endWatching = storage.onLost(() => {
      if (!response.headersSent) next(away());
    });
    response.on('close', endWatching);
    next();
  };
}

function away(): SealwrightError {
  return new SealwrightError('storage-unavailable', 'The database cannot be reached.');
}
