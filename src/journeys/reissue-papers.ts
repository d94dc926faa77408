import type { AgentId } from '../agents/agent.ts';
import type { Actor } from '../audit/audit-event.ts';
import type { Credential } from '../credentials/credential.ts';
import { schemaVersionOf } from '../credentials/custom-type.ts';
import type { FacetDraft } from '../credentials/facet-draft.ts';
import { wholeSeconds } from '../credentials/validity.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { SigningKey } from '../keys/signing-key.ts';
import { canonicalizeJson } from '../protocol/canonical-json.ts';
import { issueTogether, renewalOf } from './issue-papers.ts';
import type { IssuerKeysDeps } from './issuer-keys.ts';
import type { PapersOrder } from './papers.ts';

const agentsPerBatch = 16;
const mostAgents = 10_000;

/** Which key's papers are issued anew, for whom the audit trail names, and for how long. */
export interface ReissueOrder {
  readonly key: SigningKey & { readonly revokedAt: Date };
  readonly actor: Actor;
  readonly reason: string;
  /** After so many milliseconds no further agent is begun. */
  readonly patienceMs: number;
  /** Nor after this is aborted. */
  readonly stopping?: AbortSignal | undefined;
}

/** How far it came: agents that have papers again, and those still to come. */
export interface ReissuedPapers {
  readonly agentsReissued: number;
  readonly agentsUnderWay: number;
  /** What stood in the way of single agents. */
  readonly failures: readonly unknown[];
}

/**
 * Issues to every active agent what was revoked with its key, under the key that is active now: a
 * facet in force with the same claims, visibility and end, and a passport that reflects all of them
 * at once. What is owed is read from the credentials, so that it may be repeated at any time.
 */
export async function reissuePapers(
  deps: IssuerKeysDeps,
  order: ReissueOrder,
): Promise<ReissuedPapers> {
  const began = deps.clock.now().getTime();
  const isOver = () =>
    order.stopping?.aborted === true || deps.clock.now().getTime() - began > order.patienceMs;
  const owed = await deps.credentials.listBereft(order.key, deps.clock.now(), mostAgents);
  const failures: unknown[] = [];
  let begun = 0;
  while (begun < owed.length && !isOver()) {
    const agents = owed.slice(begun, begun + agentsPerBatch);
    failures.push(...(await reissueAgents(deps, agents, order)));
    begun += agents.length;
  }
  const agentsReissued = begun - failures.length;
  return { agentsReissued, agentsUnderWay: owed.length - agentsReissued, failures };
}

/** A batch that fails is tried agent by agent, so that one does not stand in the others' way. */
async function reissueAgents(
  deps: IssuerKeysDeps,
  agents: readonly AgentId[],
  order: ReissueOrder,
): Promise<readonly unknown[]> {
  try {
    await issueTogether(deps, await ordersFor(deps, agents, order));
    return [];
  } catch (error) {
    if (agents.length === 1) return [error];
    const failures: unknown[] = [];
    for (const agent of agents) failures.push(...(await reissueAgents(deps, [agent], order)));
    return failures;
  }
}

async function ordersFor(
  deps: IssuerKeysDeps,
  agents: readonly AgentId[],
  order: ReissueOrder,
): Promise<readonly PapersOrder[]> {
  const at = deps.clock.now();
  const held = await deps.credentials.listUnexpired(agents, at);
  return agents.flatMap((agentId) => {
    const own = held.filter((credential) => credential.agentId === agentId);
    const lost = own.filter((one) => isLost(one, order.key) && !isMadeUpFor(one, own));
    const facets = lost.flatMap((one) => draftLike(one, at));
    if (facets.length > 0) return facets.map((facet) => orderFor(agentId, facet, order));
    return lost.length === 0 ? [] : [orderFor(agentId, null, order)];
  });
}

function orderFor(
  agentId: AgentId,
  facet: { readonly former: Credential; readonly draft: FacetDraft } | null,
  { actor, reason }: ReissueOrder,
): PapersOrder {
  const renewal = renewalOf(agentId, { actor, reason, narrows: false });
  if (facet === null) return renewal;
  return {
    ...renewal,
    facets: [facet.draft],
    begin: async (stores, agent, at) => {
      const begun = await renewal.begin(stores, agent, at);
      const held = await stores.credentials.listUnexpired([agentId], at);
      if (!isMadeUpFor(facet.former, held)) return begun;
      throw new SealwrightError('conflict-retry', 'The papers are being issued anew elsewhere.');
    },
  };
}

function draftLike(former: Credential, at: Date) {
  const { type } = former;
  if (type === 'passport') return [];
  const { claims, visibility, reason, validUntil, renewalOf: renewed, series, renewsForS } = former;
  // It takes the place of the former one in its series of renewals.
  const draft = {
    ...{ type, claims, visibility, reason, validFrom: wholeSeconds(at), validUntil },
    ...{ renewalOf: renewed, series, renewsForS, schemaVersion: schemaVersionOf(former) },
  };
  return [{ former, draft }];
}

/** Whether it was in force until its key was given up. */
function isLost({ keyId, sealing, revokedAt, suspendedAt }: Credential, key: ReissueOrder['key']) {
  return (
    keyId === key.id &&
    sealing === 'sealed' &&
    suspendedAt === null &&
    revokedAt?.getTime() === key.revokedAt.getTime()
  );
}

/** As `listBereft` has it: whether something of the kind was recorded since, under another key. */
function isMadeUpFor(lost: Credential, held: readonly Credential[]): boolean {
  const since = lost.revokedAt ?? lost.validUntil;
  return held.some(
    (one) =>
      one.type === lost.type &&
      one.keyId !== lost.keyId &&
      one.createdAt >= since &&
      one.sealing !== 'abandoned' &&
      (lost.type === 'passport' || saysTheSame(one, lost)),
  );
}

function saysTheSame(one: Credential, other: Credential): boolean {
  return (
    one.visibility === other.visibility &&
    canonicalizeJson(one.claims) === canonicalizeJson(other.claims)
  );
}
