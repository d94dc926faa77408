import type { Agent, AgentId } from '../agents/agent.ts';
import type { AgentReader } from '../agents/agent-store.ts';
import type { Credential } from '../credentials/credential.ts';
import type { CredentialReader } from '../credentials/credential-store.ts';
import type { Clock } from '../kernel/clock.ts';
import type { PageRequest } from '../kernel/page.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type { OrganizationReader } from '../organizations/organization-store.ts';
import { partOwners } from './departed-owner.ts';
import { isRunningOut } from './is-running-out.ts';
import type { OwnerReader } from './owner-store.ts';
import type { AgentSighting } from './sighting.ts';
import type { NeglectFilter, SightingReader } from './sighting-store.ts';

/** Why an agent may be nobody's concern any more. */
export const neglectKinds = [
  'orphan',
  'owner-departed',
  'not-verified',
  'agent-expiring',
  'credential-expiring',
] as const;

/** One of those. `orphan`: every owner departed; `owner-departed`: some did. */
export type NeglectKind = (typeof neglectKinds)[number];

/** One sign of neglect, with its moment: when it ends, or was last seen. */
export interface NeglectSign {
  readonly kind: NeglectKind;
  readonly detail: string;
  readonly at: Date | null;
}

/** An agent that somebody should look at. */
export interface NeglectedAgent {
  readonly id: AgentId;
  readonly agent: Agent;
  readonly signs: readonly NeglectSign[];
}

/** What is looked for. */
export interface OrphanQuestion {
  readonly organizationId: OrganizationId;
  /** Every kind when absent. */
  readonly kind?: NeglectKind | undefined;
  readonly expiringWithinDays: number;
  readonly unverifiedForDays: number;
}

/** Readers alone. */
export interface FindOrphansDeps {
  readonly owners: OwnerReader;
  readonly sightings: SightingReader;
  readonly agents: AgentReader;
  readonly credentials: CredentialReader;
  readonly clock: Clock;
}

const dayMs = 86_400_000;
const agentsPerRead = 500;

/** Agents that are not retired and show a sign of neglect, in the order of ids. */
export async function findOrphans(
  deps: FindOrphansDeps,
  question: OrphanQuestion,
  page: PageRequest,
): Promise<readonly NeglectedAgent[]> {
  const filter = filterOf(question, deps.clock.now());
  const departed = await deps.owners.listDeparted(question.organizationId);
  const gone = new Set(departed.map(({ owner }) => owner));
  const found: NeglectedAgent[] = [];
  let after = page.after;
  for (;;) {
    const ids = await deps.sightings.listNeglected(filter, { limit: page.limit, after });
    const neglected = await examine(deps, ids, { filter, gone });
    found.push(...neglected.flatMap((one) => asked(one, question.kind)));
    after = ids.at(-1);
    if (ids.length < page.limit || found.length >= page.limit) return found.slice(0, page.limit);
  }
}

/** How many agents every owner departed from, in all organizations. */
export async function countOrphans(
  deps: FindOrphansDeps & { readonly organizations: OrganizationReader },
): Promise<number> {
  let count = 0;
  for (const { id: organizationId } of await deps.organizations.list()) {
    const never = { expiringWithinDays: 0, unverifiedForDays: 0 };
    const question = { organizationId, kind: 'orphan', ...never } as const;
    let after: string | undefined;
    do {
      const found = await findOrphans(deps, question, { limit: agentsPerRead, after });
      count += found.length;
      after = found.length < agentsPerRead ? undefined : found.at(-1)?.id;
    } while (after !== undefined);
  }
  return count;
}

function filterOf(question: OrphanQuestion, at: Date): NeglectFilter {
  const { organizationId, kind, expiringWithinDays, unverifiedForDays } = question;
  const wants = (...kinds: readonly NeglectKind[]) => kind === undefined || kinds.includes(kind);
  const isEnding = wants('agent-expiring', 'credential-expiring');
  return {
    organizationId,
    at,
    departed: wants('orphan', 'owner-departed'),
    endsBefore: isEnding ? new Date(at.getTime() + expiringWithinDays * dayMs) : null,
    unseenSince: wants('not-verified') ? new Date(at.getTime() - unverifiedForDays * dayMs) : null,
  };
}

function asked(one: NeglectedAgent, kind: NeglectKind | undefined): readonly NeglectedAgent[] {
  const signs = one.signs.filter((sign) => kind === undefined || sign.kind === kind);
  return signs.length === 0 ? [] : [{ ...one, signs }];
}

interface Yardsticks {
  readonly filter: NeglectFilter;
  readonly gone: ReadonlySet<string>;
}

async function examine(
  deps: FindOrphansDeps,
  ids: readonly AgentId[],
  yardsticks: Yardsticks,
): Promise<readonly NeglectedAgent[]> {
  if (ids.length === 0) return [];
  const [agents, credentials, sightings] = await Promise.all([
    deps.agents.findMany(ids),
    deps.credentials.listUnexpired(ids, yardsticks.filter.at),
    deps.sightings.listSightings(ids),
  ]);
  return agents.map((agent) => ({
    id: agent.id,
    agent,
    signs: [
      ...ownerSigns(agent, yardsticks),
      ...sightingSigns(
        agent,
        sightings.find(({ agentId }) => agentId === agent.id),
        yardsticks,
      ),
      ...endingSigns(
        agent,
        credentials.filter(({ agentId }) => agentId === agent.id),
        yardsticks,
      ),
    ],
  }));
}

function ownerSigns(agent: Agent, { filter, gone }: Yardsticks): readonly NeglectSign[] {
  const parted = partOwners(agent, gone);
  if (!filter.departed || parted.gone.length === 0) return [];
  const kind = parted.present.length === 0 ? 'orphan' : 'owner-departed';
  return [{ kind, detail: `${parted.gone.join(', ')} departed`, at: null }];
}

function sightingSigns(
  agent: Agent,
  sighting: AgentSighting | undefined,
  { filter }: Yardsticks,
): readonly NeglectSign[] {
  const { unseenSince } = filter;
  if (unseenSince === null || agent.createdAt >= unseenSince) return [];
  const seen = [sighting?.fetchedOn, sighting?.verifiedAt].flatMap((moment) =>
    moment instanceof Date ? [moment.getTime()] : [],
  );
  const last = seen.length === 0 ? null : new Date(Math.max(...seen));
  if (last !== null && last >= unseenSince) return [];
  const detail = last === null ? 'was never seen to be verified' : 'was not verified lately';
  return [{ kind: 'not-verified', detail, at: last }];
}

function endingSigns(
  agent: Agent,
  held: readonly Credential[],
  { filter: { endsBefore, at } }: Yardsticks,
): readonly NeglectSign[] {
  if (endsBefore === null) return [];
  const { expiresAt } = agent;
  const isEnding = expiresAt !== null && expiresAt > at && expiresAt < endsBefore;
  const agentSigns: readonly NeglectSign[] = isEnding
    ? [{ kind: 'agent-expiring', detail: 'the agent reaches its end', at: expiresAt }]
    : [];
  const ending = held.filter(
    (facet) => facet.validUntil < endsBefore && isRunningOut(facet, held, at),
  );
  return [
    ...agentSigns,
    ...ending.map(({ id, type, validUntil }) => ({
      kind: 'credential-expiring' as const,
      detail: `${type} ${id} has no successor`,
      at: validUntil,
    })),
  ];
}
