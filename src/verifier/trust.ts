import { parseDateTimeStamp } from '../protocol/date-time.ts';
import { mcpServerType } from '../protocol/passport.ts';
import type { TrustEntry, TrustPolicy } from './ports.ts';
import { lifetimeBoundsDays, statusMaxAgeBoundsS, statusStaleBoundsS } from './trust-policy.ts';

const dayMs = 86_400_000;

/** What a credential says of itself when it asks to be trusted. */
export interface Claimant {
  readonly issuer: string;
  /** The client_id that the credential speaks about. */
  readonly subject: string;
  /** Every type but `VerifiableCredential`. */
  readonly types: readonly string[];
  /** Milliseconds since the epoch at which the credential was issued. */
  readonly issuedAt: number;
}

/** Why nobody trusted stands behind a credential. */
export type Distrust = 'issuer' | 'client-id' | 'credential-type' | 'distrusted-since';

/** A trust policy as the checks ask it: read once, answers without parsing. */
export interface Trust {
  readonly mode: TrustPolicy['mode'];
  /** `none` for an inspection, in which every issuer is heard and none is trusted. */
  readonly kind: 'policy' | 'none';
  /** Whether any trusted issuer vouches for URLs like this one. */
  covers(url: string): boolean;
  /** undefined when a trusted issuer may say this about this subject. */
  distrustOf(claimant: Claimant): Distrust | undefined;
  readonly requiredStandards: readonly string[];
  readonly requiredScopes: readonly string[];
  readonly statusMaxAgeMs: number;
  readonly statusStaleMs: number;
  readonly maxLifetimeMs: number;
}

/**
 * A type that says what sort of agent a passport is for, and grants nothing by itself: an issuer
 * trusted for passports may add it.
 */
const markerTypes: ReadonlySet<string> = new Set([mcpServerType]);

/** The trust that an operator's policy states. */
export function trustOf(policy: TrustPolicy): Trust {
  const prefixes = policy.trust.flatMap((entry) => entry.clientIds);
  const entries = policy.trust.map(withInstant);
  return {
    ...limitsOf(policy),
    mode: policy.mode,
    kind: 'policy',
    covers: (url) => prefixes.some((prefix) => url.startsWith(prefix)),
    distrustOf: (claimant) => distrustOf(entries, claimant),
  };
}

/** No trust at all: for a look at any client, whose report says that nobody vouched for it. */
export function inspectionTrust(): Trust {
  return {
    ...limitsOf({ mode: 'enforce', trust: [] }),
    mode: 'enforce',
    kind: 'none',
    covers: () => true,
    distrustOf: () => undefined,
  };
}

function limitsOf(policy: TrustPolicy) {
  const { require = {}, status = {}, lifetime = {} } = policy;
  return {
    requiredStandards: require.complianceAttestations ?? [],
    requiredScopes: require.authorizedScopes ?? [],
    statusMaxAgeMs: (status.maxAgeS ?? statusMaxAgeBoundsS.default) * 1_000,
    statusStaleMs: (status.staleS ?? statusStaleBoundsS.default) * 1_000,
    maxLifetimeMs: (lifetime.maxDays ?? lifetimeBoundsDays.default) * dayMs,
  };
}

interface DatedEntry extends TrustEntry {
  readonly distrustAfterMs: number;
}

function withInstant(entry: TrustEntry): DatedEntry {
  const end = parseDateTimeStamp(entry.distrustAfter);
  return { ...entry, distrustAfterMs: end.ok ? end.value.getTime() : Number.POSITIVE_INFINITY };
}

function distrustOf(entries: readonly DatedEntry[], claimant: Claimant): Distrust | undefined {
  const own = entries.filter((entry) => entry.issuer === claimant.issuer);
  const refusals = own.map((entry) => refusalOf(entry, claimant));
  if (refusals.includes(undefined)) {
    return undefined;
  }
  return refusals[0] ?? 'issuer';
}

function refusalOf(entry: DatedEntry, claimant: Claimant): Distrust | undefined {
  if (!entry.clientIds.some((prefix) => claimant.subject.startsWith(prefix))) {
    return 'client-id';
  }
  if (!covers(entry.credentialTypes, claimant.types)) {
    return 'credential-type';
  }
  return claimant.issuedAt > entry.distrustAfterMs ? 'distrusted-since' : undefined;
}

// Every type counts: an issuer trusted for one statement does not smuggle in another beside it.
function covers(trusted: readonly string[], types: readonly string[]): boolean {
  const statements = types.filter((type) => !markerTypes.has(type));
  return statements.length > 0 && statements.every((type) => trusted.includes(type));
}
