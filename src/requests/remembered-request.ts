import type { Brand } from '../kernel/brand.ts';

/** A remembered request by its id, `req_…`: the same for every repetition. */
export type RequestId = Brand<'RequestId'>;

/** How long a request is remembered, in milliseconds: a day. */
export const rememberedMs = 24 * 60 * 60_000;

/** A call that may be sent again under the same key without being carried out twice. */
export interface RememberedRequest {
  readonly id: RequestId;
  /** Whose key it is: two tokens may use the same text. */
  readonly tokenId: string;
  /** What the caller chose, as `Idempotency-Key`. */
  readonly key: string;
  /** Digest of what was asked; another question under the same key is refused. */
  readonly fingerprint: string;
  readonly createdAt: Date;
  /** Until then whoever works on it is left alone; afterwards it may be taken over. */
  readonly leaseUntil: Date;
  /** The answer, sealed under the master key; null while there is none. */
  readonly answer: Uint8Array | null;
}
