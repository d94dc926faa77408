import type { AgentId } from '../agents/agent.ts';
import type { AuditEvent } from '../audit/audit-event.ts';
import type { Credential } from '../credentials/credential.ts';
import type { StatusListId } from '../status/status-list.ts';
import { type ChangeFacetsDeps, type FacetChange, supersededEvent } from './change-facets.ts';
import type { PapersStores } from './papers.ts';
import type { Caller } from './registry.ts';

/** The agents, and with them the end of the audit trail, are locked for so many at a time. */
const agentsPerTransaction = 200;
/** Readers see what is done so far at least this often. */
const publishEveryMs = 2_000;

/** One change of what many agents of an organization hold. */
export interface AtOnceOrder extends Pick<Caller, 'actor'> {
  readonly agentIds: readonly AgentId[];
  readonly reason: string;
  readonly change: FacetChange;
  /** What is meant of all that one agent holds, once it is locked: facets, and passports too. */
  readonly select: (held: readonly Credential[]) => readonly Credential[];
}

/**
 * Takes back what many agents hold, in the lists alone: with what is meant go all passports of an agent
 * that loses anything, so that nothing which still summarises it is in force. The agents get new papers
 * by the rounds. When this resolves, the lists show all of it. What a fault leaves undone is done by
 * calling it again; what was recorded until then is published all the same.
 */
export async function takeBackAtOnce(
  deps: ChangeFacetsDeps,
  order: AtOnceOrder,
): Promise<readonly string[]> {
  const ids: string[] = [];
  const owed = new Set<StatusListId>();
  let published = deps.clock.now().getTime();
  const publish = async () => {
    await deps.lists.publishAll(owed);
    owed.clear();
    published = deps.clock.now().getTime();
  };
  try {
    for (let start = 0; start < order.agentIds.length; start += agentsPerTransaction) {
      const some = order.agentIds.slice(start, start + agentsPerTransaction);
      const taken = await deps.work.run((stores) =>
        takeBack(stores, { order, agentIds: some, at: deps.clock.now() }),
      );
      ids.push(...taken.ids);
      for (const list of taken.lists) owed.add(list);
      if (deps.clock.now().getTime() - published >= publishEveryMs) await publish();
    }
  } finally {
    await publish();
  }
  return ids;
}

/** A new revision of each agent: its papers lag behind from here on, which the rounds mend. */
async function takeBack(
  stores: PapersStores,
  step: { readonly order: AtOnceOrder; readonly agentIds: readonly AgentId[]; readonly at: Date },
): Promise<{ readonly ids: readonly string[]; readonly lists: readonly StatusListId[] }> {
  const { order, at } = step;
  await stores.agents.reviseAll(step.agentIds);
  const held = byAgent(await stores.credentials.listUnexpired(step.agentIds, at));
  const meant = [...held.values()].flatMap((own) => order.select(own));
  const losers = new Set(meant.map(({ agentId }) => agentId));
  const ids = new Set(meant.map(({ id }) => id));
  const passports = [...losers]
    .flatMap((id) => held.get(id) ?? [])
    .filter(({ id, type, revokedAt }) => type === 'passport' && revokedAt === null && !ids.has(id));
  const lists = [
    ...(await stores.status.change([...ids], order.change.changeAt(at))),
    ...(await stores.status.change(
      passports.map(({ id }) => id),
      { revokedAt: at },
    )),
  ];
  await stores.audit.append([
    ...meant.map((credential) => takenEvent(credential, order)),
    ...passports.map(supersededEvent),
  ]);
  return { ids: [...ids], lists };
}

function takenEvent(
  { id, organizationId, agentId, type }: Credential,
  { actor, reason, change }: AtOnceOrder,
): AuditEvent {
  const details = { agent: agentId, type, repeated: false };
  return { organizationId, actor, action: change.action, subject: id, reason, details };
}

function byAgent(held: readonly Credential[]): ReadonlyMap<AgentId, readonly Credential[]> {
  const groups = new Map<AgentId, Credential[]>();
  for (const one of held) {
    const group = groups.get(one.agentId);
    if (group === undefined) groups.set(one.agentId, [one]);
    else group.push(one);
  }
  return groups;
}
