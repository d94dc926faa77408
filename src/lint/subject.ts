import type { JsonObject } from '../protocol/strict-json.ts';

/** What is known of the answer in which a document came. */
export interface LintedResponse {
  /** `redirect` when whoever fetched stopped at one, as servers do, without keeping its status. */
  readonly status: number | 'redirect';
  /** By lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
}

/** A document to lint, with as much as is known about it. */
export interface LintInput {
  readonly body: Uint8Array;
  /** Where it was read, or will be published; without it the document's own client_id stands in. */
  readonly url?: string;
  readonly response?: LintedResponse;
  /** Plain http to this machine by name passes; development only. */
  readonly allowLoopback?: boolean;
}

/** A document that could be read, as the rules see it. */
export interface Subject {
  readonly json: JsonObject;
  /** Octets of the body. */
  readonly bytes: number;
  /** Where it was read or will be published, or its own client_id; null when neither is known. */
  readonly url: string | null;
  readonly response: LintedResponse | null;
  readonly allowLoopback: boolean;
}
