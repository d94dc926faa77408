import { safeToActivateAt } from '../keys/issuer-key.ts';
import {
  type KeyId,
  type KeyState,
  type SigningKey,
  verificationMethodOf,
} from '../keys/signing-key.ts';
import type { SigningAlgorithm } from '../protocol/jwk.ts';

/** What comes next in the life of a key of an issuer. */
export interface IssuerKeyStep {
  readonly action: 'prepare' | 'activate' | 'retire' | 'destroy';
  /** The earliest moment, or when the service does it; null where nothing needs to be waited for. */
  readonly at: Date | null;
  /** Whether the service does it by itself. */
  readonly automatic: boolean;
}

/** A key of an issuer as outsiders may know it: nothing of its private half. */
export interface IssuerKey {
  readonly id: KeyId;
  /** The DID URL by which headers and DID documents name it. */
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly state: KeyState;
  readonly since: Date;
  /** Of a prepared key: when every reader knows it. */
  readonly safeToActivateAt: Date | null;
  /** Of the active key: when the prepared one may take over; null while none is prepared. */
  readonly safeToRetireAt: Date | null;
  /** Of a prepared key: when it takes over by itself. */
  readonly activatesAt: Date | null;
  readonly listedUntil: Date | null;
  readonly revokedAt: Date | null;
  readonly createdAt: Date;
  readonly nextStep: IssuerKeyStep | null;
}

/** Describes a key among the other keys of its issuer. */
export function describeIssuerKey(key: SigningKey, keys: readonly SigningKey[]): IssuerKey {
  const { id, algorithm, state, activatesAt, listedUntil, revokedAt, createdAt } = key;
  const nextStep = nextStepOf(key, keys);
  return {
    ...{ id, kid: verificationMethodOf(key), algorithm, state, since: key.stateSince },
    safeToActivateAt: state === 'published' ? safeToActivateAt(key) : null,
    safeToRetireAt: state === 'active' ? (nextStep?.at ?? null) : null,
    ...{ activatesAt, listedUntil, revokedAt, createdAt, nextStep },
  };
}

function nextStepOf(key: SigningKey, keys: readonly SigningKey[]): IssuerKeyStep | null {
  if (key.state === 'published') return takeover('activate', key);
  if (key.state === 'retired') return { action: 'destroy', at: key.listedUntil, automatic: true };
  if (key.state !== 'active') return null;
  const next = keys.find(({ state }) => state === 'published');
  if (next === undefined) return { action: 'prepare', at: null, automatic: false };
  return takeover('retire', next);
}

function takeover(action: 'activate' | 'retire', next: SigningKey): IssuerKeyStep {
  return { action, at: safeToActivateAt(next), automatic: next.activatesAt !== null };
}
