import type { JsonObject } from '../../../src/protocol/strict-json.ts';
import type { TrustPolicy } from '../../../src/verifier/ports.ts';
import type { Reason } from '../../../src/verifier/verdict.ts';
import type { PaperWorld } from './paper-world.ts';

/** One thing that is wrong with a client, and exactly what the verifier has to say about it. */
export interface Tampering {
  /** Id of the check whose business it is. */
  readonly check: string;
  readonly name: string;
  readonly outcome: 'rejected' | 'undetermined';
  readonly reason: Reason;
  /** What is asked about, when it is not the agent of the world. */
  readonly clientId?: string;
  readonly policy?: (policy: TrustPolicy) => TrustPolicy;
  /** How many URLs may be asked for; any number unless given. */
  readonly asked?: number;
  readonly tamper?: (world: PaperWorld) => Promise<void> | void;
}

/** A tampering that is a definite no. */
export function rejected(
  check: string,
  name: string,
  reason: Reason,
  more: Partial<Tampering> = {},
): Tampering {
  return { check, name, outcome: 'rejected', reason, ...more };
}

/** A tampering that leaves the verifier unable to find out. */
export function unknown(
  check: string,
  name: string,
  reason: Reason,
  more: Partial<Tampering> = {},
): Tampering {
  return { check, name, outcome: 'undetermined', reason, ...more };
}

/** Publishes a passport whose payload was changed before it was signed. */
export function reissue(
  change: (payload: JsonObject) => JsonObject,
): (world: PaperWorld) => Promise<void> {
  return async (world) => world.publish({ jwt: await world.sign(change(await world.passport())) });
}

/** Publishes a passport with other claims. */
export function changeSubject(change: JsonObject): (world: PaperWorld) => Promise<void> {
  return reissue((payload) => ({
    ...payload,
    credentialSubject: { ...(payload['credentialSubject'] as JsonObject), ...change },
  }));
}

/** Publishes a passport signed under another header. */
export function resign(
  header: Readonly<Record<string, unknown>>,
): (world: PaperWorld) => Promise<void> {
  return async (world) =>
    world.publish({ jwt: await world.sign(await world.passport(), { header }) });
}

/** The policy with its trust entries changed. */
export const onlyTrust = (change: object) => (policy: TrustPolicy) => ({
  ...policy,
  trust: policy.trust.map((entry) => ({ ...entry, ...change })),
});

/** The policy with its issuers trusted for passports and for every kind of facet. */
export const trustingFacets = onlyTrust({
  credentialTypes: [
    'AgentAuthorizationCredential',
    'AgentComplianceCredential',
    'AgentProvenanceCredential',
    'AgentAllowedActionsCredential',
  ],
});

/** The policy with these demands, in which facets count. */
export const requiring =
  (require: NonNullable<TrustPolicy['require']>) =>
  (policy: TrustPolicy): TrustPolicy => ({ ...trustingFacets(policy), require });
