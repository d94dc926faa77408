import { parseDateTimeStamp } from '../protocol/date-time.ts';
import { mcpServerType } from '../protocol/passport.ts';
import type {
  LifetimeLimit,
  RequiredClaim,
  StatusLimits,
  TrustEntry,
  TrustPolicy,
} from './ports.ts';
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
  /** The `alg` of its header. */
  readonly algorithm: string;
}

/** Why nobody trusted stands behind a credential. */
export type Distrust =
  | 'issuer'
  | 'client-id'
  | 'credential-type'
  | 'distrusted-since'
  | 'algorithm';

/** How old and how long-lived papers may be, in milliseconds. */
export interface Limits {
  readonly statusMaxAgeMs: number;
  readonly statusStaleMs: number;
  readonly maxLifetimeMs: number;
}

/** Whether a trusted issuer stands behind a credential, and under which limits. */
export type Judgement =
  | { readonly trusted: true; readonly limits: Limits }
  | { readonly trusted: false; readonly distrust: Distrust };

/** A trust policy as the checks ask it: read once, answers without parsing. */
export interface Trust {
  readonly mode: TrustPolicy['mode'];
  /** `none` for an inspection, in which every issuer is heard and none is trusted. */
  readonly kind: 'policy' | 'none';
  /** Whether there is an entry for this issuer, that lets it vouch for this client if one is given. */
  names(issuer: string, clientId?: string): boolean;
  /** Whether any trusted issuer vouches for URLs like this one. */
  covers(url: string): boolean;
  /** Whether any trusted issuer vouches for clients on the origin of this absolute URL. */
  reaches(url: string): boolean;
  /** Whether the operator refuses this client, whoever vouches for it. */
  blocks(clientId: string): boolean;
  /** Whether an issuer may say this about this subject, by the first entry that lets it. */
  judge(claimant: Claimant): Judgement;
  readonly requiredStandards: readonly string[];
  readonly requiredScopes: readonly string[];
  readonly requiredTypes: readonly string[];
  readonly requiredClaims: readonly RequiredClaim[];
  /** Whether a client passes only once the operator allowed it. */
  readonly approvalRequired: boolean;
  /** Those of the policy as a whole; an entry may have its own. */
  readonly limits: Limits;
}

/**
 * A type that says what sort of agent a passport is for, and grants nothing by itself: an issuer
 * trusted for passports may add it.
 */
const markerTypes: ReadonlySet<string> = new Set([mcpServerType]);

/** The trust that an operator's policy states. */
export function trustOf(policy: TrustPolicy): Trust {
  const prefixes = policy.trust.flatMap((entry) => entry.clientIds);
  const origins = new Set(prefixes.map((prefix) => new URL(prefix).origin));
  const entries = policy.trust.map((entry) => ruleOf(entry, policy));
  const { block = [] } = policy;
  return {
    ...demandsOf(policy),
    mode: policy.mode,
    kind: 'policy',
    names: (issuer, clientId) =>
      entries.some((entry) => entry.issuer === issuer && vouchesFor(entry, clientId)),
    covers: (url) => prefixes.some((prefix) => url.startsWith(prefix)),
    reaches: (url) => origins.has(new URL(url).origin),
    blocks: (clientId) => block.some((blocked) => isWithin(clientId, blocked)),
    judge: (claimant) => judge(entries, claimant),
  };
}

/** No trust at all: for a look at any client, whose report says that nobody vouched for it. */
export function inspectionTrust(): Trust {
  return { ...trustOf({ mode: 'enforce', trust: [] }), kind: 'none' };
}

function demandsOf(policy: TrustPolicy) {
  const { require = {}, status, lifetime } = policy;
  return {
    requiredStandards: require.complianceAttestations ?? [],
    requiredScopes: require.authorizedScopes ?? [],
    requiredTypes: require.credentialTypes ?? [],
    requiredClaims: require.claims ?? [],
    approvalRequired: policy.approval === 'required',
    limits: limitsOf([lifetime], [status]),
  };
}

/** The limits by the first of each that names one. */
function limitsOf(
  lifetimes: readonly (LifetimeLimit | undefined)[],
  statuses: readonly (StatusLimits | undefined)[],
): Limits {
  const maxDays = firstOf(lifetimes.map((limit) => limit?.maxDays)) ?? lifetimeBoundsDays.default;
  const maxAgeS = firstOf(statuses.map((limit) => limit?.maxAgeS)) ?? statusMaxAgeBoundsS.default;
  const staleS = firstOf(statuses.map((limit) => limit?.staleS)) ?? statusStaleBoundsS.default;
  return {
    statusMaxAgeMs: maxAgeS * 1_000,
    statusStaleMs: staleS * 1_000,
    maxLifetimeMs: maxDays * dayMs,
  };
}

function firstOf(values: readonly (number | undefined)[]): number | undefined {
  return values.find((value) => value !== undefined);
}

/** An entry with what follows from it and from its policy. */
interface Rule extends TrustEntry {
  readonly distrustAfterMs: number;
  readonly limits: Limits;
}

function ruleOf(entry: TrustEntry, policy: TrustPolicy): Rule {
  const end = parseDateTimeStamp(entry.distrustAfter);
  return {
    ...entry,
    distrustAfterMs: end.ok ? end.value.getTime() : Number.POSITIVE_INFINITY,
    limits: limitsOf([entry.lifetime, policy.lifetime], [entry.status, policy.status]),
  };
}

function vouchesFor({ clientIds }: TrustEntry, clientId: string | undefined): boolean {
  return clientId === undefined || clientIds.some((prefix) => clientId.startsWith(prefix));
}

function isWithin(clientId: string, blocked: string): boolean {
  return blocked.endsWith('/') ? clientId.startsWith(blocked) : clientId === blocked;
}

function judge(rules: readonly Rule[], claimant: Claimant): Judgement {
  const judgements = rules
    .filter((rule) => rule.issuer === claimant.issuer)
    .map((rule) => judgeBy(rule, claimant));
  return (
    judgements.find(({ trusted }) => trusted) ??
    judgements[0] ?? { trusted: false, distrust: 'issuer' }
  );
}

function judgeBy(rule: Rule, claimant: Claimant): Judgement {
  const distrust = distrustOf(rule, claimant);
  return distrust === undefined
    ? { trusted: true, limits: rule.limits }
    : { trusted: false, distrust };
}

function distrustOf(rule: Rule, claimant: Claimant): Distrust | undefined {
  if (!rule.clientIds.some((prefix) => claimant.subject.startsWith(prefix))) {
    return 'client-id';
  }
  if (!covers(rule.credentialTypes, claimant.types)) {
    return 'credential-type';
  }
  if (rule.algorithms?.some((algorithm) => algorithm === claimant.algorithm) === false) {
    return 'algorithm';
  }
  return claimant.issuedAt > rule.distrustAfterMs ? 'distrusted-since' : undefined;
}

// Every type counts: an issuer trusted for one statement does not smuggle in another beside it.
function covers(trusted: readonly string[], types: readonly string[]): boolean {
  const statements = types.filter((type) => !markerTypes.has(type));
  return statements.length > 0 && statements.every((type) => trusted.includes(type));
}
