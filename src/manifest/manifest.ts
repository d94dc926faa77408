import type { AgentKind, DocumentProfile, GrantType } from '../agents/agent.ts';
import type { Visibility } from '../credentials/credential.ts';
import type { JsonObject } from '../protocol/strict-json.ts';

/** Where an agent's key comes from, by its name in a manifest. */
export const manifestCustodies = ['enrolment', 'issued', 'registry'] as const;

/** One of them. */
export type ManifestCustody = (typeof manifestCustodies)[number];

/** A credential that an agent is to hold. Of `validFor` and `validUntil` at most one is there. */
export interface ManifestCredential {
  readonly type: string;
  readonly claims: JsonObject;
  readonly reason: string;
  readonly visibility?: Visibility;
  readonly validFor?: string;
  readonly validUntil?: string;
}

/** What the agents of a manifest may have in common. */
export interface ManifestDefaults {
  readonly kind?: AgentKind;
  readonly description?: string | null;
  readonly owners?: readonly string[];
  readonly team?: string | null;
  readonly tags?: readonly string[];
  readonly version?: string | null;
  readonly redirectUris?: readonly string[];
  readonly grantTypes?: readonly GrantType[];
  readonly logoUri?: string | null;
  readonly profiles?: readonly DocumentProfile[];
  readonly expiresAt?: string;
  readonly keyCustody?: ManifestCustody;
}

/**
 * An agent as a manifest has it, defaults merged in. A member that is absent is left as it is; null,
 * or an empty list, takes it away. Either `keyCustody` or a key is there. A `jwk` beside the custody
 * `issued` is the public half of a pair that whoever applies the manifest made and hands on.
 */
export interface ManifestAgent extends Omit<ManifestDefaults, 'kind' | 'owners'> {
  readonly handle: string;
  readonly kind: AgentKind;
  readonly name: string;
  readonly owners: readonly string[];
  readonly jwk?: JsonObject;
  /** Path of a public key; only the command line reads it, and sends the key as `jwk`. */
  readonly jwkFile?: string;
  readonly credentials?: readonly ManifestCredential[];
}

/** The agents of a manifest, in its order; no handle is there twice. */
export interface Manifest {
  readonly agents: readonly ManifestAgent[];
}
