import type { RememberedRequest, RequestId } from './remembered-request.ts';

/** A request as it stands, and whether whoever asked is now the one to carry it out. */
export interface RequestClaim {
  readonly request: RememberedRequest;
  readonly isOurs: boolean;
}

/** Writes remembered requests, inside a unit of work. */
export interface RememberedRequestStore {
  /**
   * Takes the key of the request for its caller: with the request given when the key is free, or
   * with an earlier one, of the same fingerprint and without an answer, whose lease had ended at
   * `createdAt`; that one gets the lease of the one given. Otherwise tells who holds the key.
   */
  claim(request: RememberedRequest): Promise<RequestClaim>;
  /** Sets the end of the lease of a request that has no answer. */
  lease(id: RequestId, until: Date): Promise<void>;
  /** Keeps the answer of a request that has none. */
  answer(id: RequestId, answer: Uint8Array): Promise<void>;
  /** Frees the key of a request that has no answer. */
  release(id: RequestId): Promise<void>;
  /** Forgets requests made before that moment, at most `limit` of them; returns how many. */
  forget(before: Date, limit: number): Promise<number>;
}
