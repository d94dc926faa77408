import { type Agent, hasEnded } from '../agents/agent.ts';
import { type Credential, credentialStateAt } from '../credentials/credential.ts';
import type { FacetClaimsByType, FacetType } from '../protocol/facet.ts';
import { scopeOf } from '../protocol/scope.ts';
import { hasAttestation } from './attestations.ts';
import { partOwners } from './departed-owner.ts';
import { believedUntil, type ImportedCredential, importFindingAt } from './imported-credential.ts';
import type { EstateRule, RuleCondition, RuleId, RuleRequirement } from './rule.ts';

const longestWaitMs = 3_600_000;

/** Everything that rules look at. */
export interface AgentFacts {
  readonly agent: Agent;
  /** Unexpired ones, whatever their status. */
  readonly credentials: readonly Credential[];
  readonly imports: readonly ImportedCredential[];
  /** Mailboxes in lower case. */
  readonly departed: ReadonlySet<string>;
}

/** What rules say of an agent, and when to ask again although nothing changed. */
export interface Judgement {
  /** What is missing, in words, by the rule that asks for it. */
  readonly breaches: ReadonlyMap<RuleId, string>;
  readonly dueAt: Date;
}

/**
 * Judges an agent by rules. One that is not active may do nothing and meets them all; what is
 * suspended, revoked, over or not known to hold does not count as held.
 */
export function judgeAgent(rules: readonly EstateRule[], facts: AgentFacts, at: Date): Judgement {
  const breaches = new Map<RuleId, string>();
  if (facts.agent.state === 'active' && !hasEnded(facts.agent, at)) {
    for (const { id, condition, requirement } of rules) {
      const missing = concerns(condition, facts, at) ? missingOf(requirement, facts, at) : [];
      if (missing.length > 0) breaches.set(id, missing.join('; '));
    }
  }
  return { breaches, dueAt: nextTurn(facts, at) };
}

function concerns(condition: RuleCondition, facts: AgentFacts, at: Date): boolean {
  const { action, resource, kind, team, tag } = condition;
  const { agent } = facts;
  return (
    (kind === undefined || agent.kind === kind) &&
    (team === undefined || agent.team === team) &&
    (tag === undefined || agent.tags.includes(tag)) &&
    ((action === undefined && resource === undefined) || mayDo(condition, facts, at))
  );
}

function mayDo({ action, resource }: RuleCondition, facts: AgentFacts, at: Date): boolean {
  const held = claimsInForce('allowed-actions', facts, at);
  const denied = new Set(held.flatMap(({ denied = [] }) => denied).map(scopeOf));
  return held
    .flatMap(({ actions }) => actions)
    .filter((permitted) => !denied.has(scopeOf(permitted)))
    .some(
      (permitted) =>
        (action === undefined || permitted.action === action) &&
        (resource === undefined || isWithin(permitted.resource, resource)),
    );
}

/** `logs/*` stands for everything below `logs/`. */
function isWithin(resource: string, pattern: string): boolean {
  return pattern.endsWith('/*') ? resource.startsWith(pattern.slice(0, -1)) : resource === pattern;
}

function missingOf(requirement: RuleRequirement, facts: AgentFacts, at: Date): readonly string[] {
  return [
    ...missingAttestation(requirement.attestation, facts, at),
    ...missingApproval(requirement.modelApprovedBy, facts, at),
    ...missingImport(requirement.importedFrom, facts, at),
    ...missingOwners(requirement.owners, facts),
  ];
}

function missingAttestation(
  wanted: RuleRequirement['attestation'],
  facts: AgentFacts,
  at: Date,
): readonly string[] {
  if (wanted === undefined) return [];
  const own = inForce('compliance', facts, at).map(({ claims }) => claims);
  const outside = facts.imports
    .filter((imported) => importFindingAt(imported, at).state === 'accepted')
    .filter(({ types }) => types.includes('AgentComplianceCredential'))
    .map(({ claims }) => claims);
  if ([...own, ...outside].some((claims) => hasAttestation(claims, wanted, at))) return [];
  const { standard, framework } = wanted;
  return [`no conformant attestation of ${[standard, framework].filter(Boolean).join(', ')}`];
}

function missingApproval(
  policy: string | undefined,
  facts: AgentFacts,
  at: Date,
): readonly string[] {
  if (policy === undefined) return [];
  const newest = claimsInForce('provenance', facts, at).at(-1);
  if (newest?.model?.approvedBy?.policy === policy) return [];
  return [`the model is not approved under ${policy}`];
}

function missingImport(issuer: string | undefined, facts: AgentFacts, at: Date): readonly string[] {
  if (issuer === undefined) return [];
  const found = facts.imports
    .filter((imported) => imported.issuer === issuer)
    .map((imported) => importFindingAt(imported, at));
  if (found.some(({ state }) => state === 'accepted')) return [];
  const last = found.at(-1);
  const why = last === undefined ? '' : ` (${last.state}: ${last.cause})`;
  return [`no accepted credential of ${issuer}${why}`];
}

function missingOwners(minimum: number | undefined, facts: AgentFacts): readonly string[] {
  const present = partOwners(facts.agent, facts.departed).present.length;
  if (minimum === undefined || present >= minimum) return [];
  return [`${present} of ${minimum} owners`];
}

function claimsInForce<Type extends FacetType>(
  type: Type,
  facts: AgentFacts,
  at: Date,
): readonly FacetClaimsByType[Type][] {
  return inForce(type, facts, at).map(({ claims }) => claims as unknown as FacetClaimsByType[Type]);
}

/** Oldest first. */
function inForce(type: FacetType, { credentials }: AgentFacts, at: Date): readonly Credential[] {
  return credentials
    .filter((credential) => credential.type === type && credential.validFrom <= at)
    .filter((credential) => credentialStateAt(credential, at) === 'active');
}

/** The next moment at which time alone may change the answer, within the hour. */
function nextTurn({ agent, credentials, imports }: AgentFacts, at: Date): Date {
  const turns = [
    agent.expiresAt,
    ...credentials.filter(({ type }) => type !== 'passport').map(({ validUntil }) => validUntil),
    ...imports.flatMap((imported) => [imported.validUntil, believedUntil(imported)]),
  ];
  const ahead = turns.flatMap((turn) => (turn !== null && turn > at ? [turn.getTime()] : []));
  return new Date(Math.min(at.getTime() + longestWaitMs, ...ahead.map((turn) => turn + 1)));
}
