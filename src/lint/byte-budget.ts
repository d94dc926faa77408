import { measureMembers } from '../protocol/client-metadata.ts';
import { maxDocumentBytes, publishDocumentBytes } from '../protocol/limits.ts';
import type { JsonObject } from '../protocol/strict-json.ts';

/** Where the octets of a document go, and how many are left. Octets. */
export interface ByteBudget {
  readonly totalBytes: number;
  /** Top-level members with their name and separators, largest first; empty when unreadable. */
  readonly members: readonly { readonly name: string; readonly bytes: number }[];
  /** White space, escapes that need not be, and the outer braces. */
  readonly layoutBytes: number;
  /** What CIMD-02 §8.7 tells servers to read. */
  readonly limitBytes: number;
  /** Negative when the document is too large. */
  readonly leftBytes: number;
  /** What we allow ourselves to publish, so that a rotation of keys never fails on size. */
  readonly publicationLimitBytes: number;
  readonly leftToPublishBytes: number;
}

/** The budget of a document of so many octets; `json` is what it holds, if it can be read. */
export function budgetBytes(totalBytes: number, json: JsonObject | null): ByteBudget {
  const members = json === null ? [] : measureMembers(json);
  const inMembers = members.reduce((sum, { bytes }) => sum + bytes, 0);
  return {
    totalBytes,
    members,
    layoutBytes: totalBytes - inMembers,
    limitBytes: maxDocumentBytes,
    leftBytes: maxDocumentBytes - totalBytes,
    publicationLimitBytes: publishDocumentBytes,
    leftToPublishBytes: publishDocumentBytes - totalBytes,
  };
}
