import type { Agent, AgentId } from '../agents/agent.ts';
import type { Actor, AuditAction, AuditEvent } from '../audit/audit-event.ts';
import type { Credential } from '../credentials/credential.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { StatusListId } from '../status/status-list.ts';
import type { StatusChange } from '../status/status-store.ts';
import { renewalOf } from './issue-papers.ts';
import type { PapersDeps, PapersStores } from './papers.ts';
import { type PublishStandingDeps, publishStanding } from './publish-standing.ts';

/** What a change needs beside new papers: lists can be published without any. */
export interface ChangeFacetsDeps extends PublishStandingDeps, Pick<PapersDeps, 'lists'> {}

/** A change of the state of facets. */
export interface FacetChange {
  readonly action: AuditAction;
  readonly narrows: boolean;
  readonly changeAt: (at: Date) => StatusChange;
  /** Whether it would change this one. */
  readonly touches: (credential: Credential) => boolean;
}

/** Ends what a facet says, for good. */
export const revocation: FacetChange = {
  action: 'credential.revoked',
  narrows: true,
  changeAt: (at) => ({ revokedAt: at }),
  touches: ({ revokedAt }) => revokedAt === null,
};

/** Ends it until it is resumed. */
export const suspension: FacetChange = {
  action: 'credential.suspended',
  narrows: true,
  changeAt: (at) => ({ suspendedAt: at }),
  touches: ({ revokedAt, suspendedAt }) => revokedAt === null && suspendedAt === null,
};

/** Ends a suspension of facets themselves; one of their agent goes on. */
export const resumption: FacetChange = {
  action: 'credential.resumed',
  narrows: false,
  changeAt: () => ({ suspendedAt: null }),
  touches: ({ revokedAt, suspendedAt }) => revokedAt === null && suspendedAt !== null,
};

/** One change of facets of one agent. */
export interface FacetsOrder {
  readonly agentId: AgentId;
  readonly actor: Actor;
  readonly reason: string;
  readonly change: FacetChange;
  /** Which facets are meant, of all unexpired credentials that the agent holds once it is locked. */
  readonly select: (held: readonly Credential[]) => readonly Credential[];
  /** Whether its passports are meant, too: they go even if no facet does. */
  readonly passportsToo: boolean;
  /** Whether the agent gets new papers; otherwise the lists alone carry the change. */
  readonly withPapers: boolean;
}

/** What became of an order. */
export interface ChangedFacets {
  /** Those that were meant, as they were before. */
  readonly credentials: readonly Credential[];
  /** When the lists that show the change were published; null when none changed. */
  readonly publishedAt: Date | null;
}

/**
 * All that say the same by way of automatic renewals and that the change touches: who takes one back
 * means the statement, and would otherwise leave its renewal, or the one before, in force.
 */
export function withSeries(
  meant: readonly Credential[],
  held: readonly Credential[],
  change: FacetChange,
): readonly Credential[] {
  const ids = new Set(meant.map(({ id }) => id));
  const series = new Set(meant.map((credential) => credential.series));
  const others = held.filter((one) => series.has(one.series) && !ids.has(one.id));
  return [...meant, ...others.filter(change.touches)];
}

/**
 * Changes the state of facets of an agent, publishes papers that reflect it, and then the status
 * lists. When this resolves, the new lists are what the world reads.
 */
export async function changeFacets(
  deps: ChangeFacetsDeps,
  order: FacetsOrder,
): Promise<ChangedFacets> {
  const applying: Applying = { order, credentials: [] };
  const publishedAt = order.withPapers
    ? await changeWithPapers(deps, applying)
    : await changeAlone(deps, applying);
  return { credentials: applying.credentials, publishedAt };
}

/** An order, and what its last attempt in a transaction found to be meant. */
interface Applying {
  readonly order: FacetsOrder;
  credentials: readonly Credential[];
}

async function changeWithPapers(deps: ChangeFacetsDeps, applying: Applying): Promise<Date | null> {
  const { agentId, actor, reason, change } = applying.order;
  const renewal = renewalOf(agentId, { actor, reason, narrows: change.narrows });
  try {
    const issued = await deps.issuePapers({
      ...renewal,
      isRefusable: !change.narrows,
      begin: async (stores, agent, at) => {
        const begun = await renewal.begin(stores, agent, at);
        return { ...begun, changedLists: await applyChange(stores, applying, at) };
      },
    });
    return issued.listsPublishedAt;
  } catch (error) {
    // Whoever suspends or retires the agent meanwhile does not stop a credential from being revoked.
    if (error instanceof SealwrightError && error.code === 'agent-wrong-state') {
      return changeAlone(deps, applying);
    }
    throw error;
  }
}

/**
 * Where there are no new papers to publish, the lists carry the change: with a facet that is taken
 * back go the passports that summarise it, or they would be in force again once the agent resumes.
 */
async function changeAlone(deps: ChangeFacetsDeps, applying: Applying): Promise<Date | null> {
  const { narrows } = applying.order.change;
  const { agents, lists } = await deps.work.run((stores) =>
    recordAlone(stores, applying, deps.clock.now()),
  );
  const publishedAt = await deps.lists.publishAll(lists);
  for (const agent of agents) await publishStanding(deps, agent, { narrows });
  return publishedAt;
}

/** A new revision of the agent, so that papers which are being signed meanwhile are overtaken. */
async function recordAlone(
  stores: PapersStores,
  applying: Applying,
  at: Date,
): Promise<{ agents: readonly Agent[]; lists: readonly StatusListId[] }> {
  const { agentId, change, passportsToo } = applying.order;
  const agents = await stores.agents.reviseAll([agentId]);
  const changed = await applyChange(stores, applying, at);
  const takesBack = change.narrows && (passportsToo || changed.length > 0);
  if (!takesBack) return { agents, lists: changed };
  const held = await stores.credentials.listUnexpired([agentId], at);
  const passports = held.filter(({ type, revokedAt }) => type === 'passport' && revokedAt === null);
  const ids = passports.map(({ id }) => id);
  const lists = await stores.status.change(ids, { revokedAt: at });
  await stores.audit.append(passports.map(supersededEvent));
  return { agents, lists: [...changed, ...lists] };
}

/** That a passport goes with what it summarises. */
export function supersededEvent({ id, organizationId, agentId }: Credential): AuditEvent {
  return {
    organizationId,
    actor: { kind: 'system', id: 'papers' },
    action: 'credential.revoked',
    subject: id,
    reason: 'summarises a credential that was taken back',
    details: { agent: agentId, type: 'passport' },
  };
}

async function applyChange(
  stores: PapersStores,
  applying: Applying,
  at: Date,
): Promise<readonly StatusListId[]> {
  const { agentId, actor, reason, change, select } = applying.order;
  const meant = select(await stores.credentials.listUnexpired([agentId], at));
  applying.credentials = meant;
  const changed = await stores.status.change(
    meant.map(({ id }) => id),
    change.changeAt(at),
  );
  await stores.audit.append(
    meant.map(({ id, organizationId, type }) => ({
      organizationId,
      actor,
      action: change.action,
      subject: id,
      reason,
      details: { agent: agentId, type, repeated: changed.length === 0 },
    })),
  );
  return changed;
}
