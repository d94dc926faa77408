import { maxJwtBytes } from '../../protocol/limits.ts';
import { LruCache } from '../cache.ts';
import { isServedAsCredential, presentLinkedPassport } from '../intake/from-link.ts';
import type { PresentedCredential } from '../intake/presentation.ts';
import { freezeDeeply } from '../intake/presentation.ts';
import type { Octets } from './octets.ts';
import type { SourceReading } from './source.ts';
import { createSource } from './source.ts';

/** Which passport is wanted, and for which document. */
export interface LinkedPassportRequest {
  readonly documentUrl: string;
  readonly url: string;
  /** Milliseconds since the epoch, real time. */
  readonly deadline: number;
}

/** Reads the passports of documents that name theirs in a header instead of holding it. */
export interface LinkedPassports {
  read(
    request: LinkedPassportRequest,
  ): SourceReading<PresentedCredential> | Promise<SourceReading<PresentedCredential>>;
  /** Has the passport that this document names next go back to the origin, whichever it is. */
  drop(documentUrl: string): void;
}

const maxRemembered = 10_000;

/** Passports over the octets that are held. */
export function createLinkedPassports(octets: Octets): LinkedPassports {
  const source = createSource<PresentedCredential>(octets, {
    accept: 'application/vc+jwt',
    maxBytes: maxJwtBytes,
    derive: async (response) => freezeDeeply(presentLinkedPassport(response)),
    isKept: ({ credential }) => credential.ok,
    // Whoever writes a link may name any document of the origin, that of another client too.
    isForeign: (response) => !isServedAsCredential(response),
  });
  const dropped = new LruCache<true>({ maxWeight: maxRemembered });
  return {
    read({ documentUrl, url, deadline }) {
      if (dropped.get(documentUrl) === true) {
        dropped.delete(documentUrl);
        octets.drop(url);
      }
      return source.read({ url, deadline });
    },
    drop: (documentUrl) => dropped.set(documentUrl, true),
  };
}
