import type { CachedResponse, ResponseCache } from '../../../src/verifier/index.ts';

/** A `ResponseCache` that remembers what was done with it, and may be written to behind its back. */
export interface RecordingCache extends ResponseCache {
  readonly entries: Map<string, CachedResponse>;
  /** What each URL was last set to be useful for, in milliseconds. */
  readonly usefulMs: Map<string, number>;
  readonly asked: string[];
  readonly deleted: string[];
}

/** An empty cache in a map. */
export function createRecordingCache(): RecordingCache {
  const entries = new Map<string, CachedResponse>();
  const usefulMs = new Map<string, number>();
  const asked: string[] = [];
  const deleted: string[] = [];
  return {
    entries,
    usefulMs,
    asked,
    deleted,
    get(url) {
      asked.push(url);
      return entries.get(url);
    },
    set(url, response, ms) {
      entries.set(url, response);
      usefulMs.set(url, ms);
    },
    delete(url) {
      deleted.push(url);
      entries.delete(url);
    },
  };
}
