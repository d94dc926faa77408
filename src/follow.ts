import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DiskCopy } from './disk-copy/disk-copy.ts';
import type { Logger } from './http/log.ts';
import type { LookAtDocuments } from './publication/follow-documents.ts';

/** A list that was published elsewhere is served here within a second. */
const lookMs = 200;

/** Opens the copy in a data directory. A copy that cannot be written is said once, and tried again. */
export function openDiskCopy(dataDir: string, log: Logger): Promise<DiskCopy> {
  return DiskCopy.open({
    folder: join(dataDir, 'public'),
    onTrouble: (err) => {
      if (err === null) log.info({ message: 'The disk copy of the documents is written again.' });
      else log.error({ message: 'The disk copy of the documents cannot be written.', err });
    },
  });
}

/** What follows the documents, until it is stopped. */
export interface Following {
  /** Whether the last look was answered. */
  isFollowing(): boolean;
  stop(): Promise<void>;
}

/** Looks again and again, one look at a time; the log hears when that begins to fail, and ends. */
export function startFollowing(look: LookAtDocuments, log: Logger): Following {
  const stopping = new AbortController();
  let isFollowing = false;
  let isSaid = false;
  const lookOnce = async (): Promise<boolean> => {
    try {
      const isMore = await look();
      if (isSaid) log.info({ message: 'Changes of the documents are followed again.' });
      isFollowing = true;
      isSaid = false;
      return isMore;
    } catch (err) {
      if (!isSaid) log.error({ message: 'Changes of the documents cannot be followed.', err });
      isFollowing = false;
      isSaid = true;
      return false;
    }
  };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const isMore = await lookOnce();
      await delay(isMore ? 0 : lookMs, undefined, { signal: stopping.signal }).catch(
        () => undefined,
      );
    }
  };
  const running = run();
  return {
    isFollowing: () => isFollowing,
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}
