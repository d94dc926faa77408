import type { AgentId } from '../agents/agent.ts';
import type { ChainHead } from '../audit/hash-chain.ts';
import type { IdentityProvider } from '../dids/identity-provider.ts';
import type { Clock } from '../kernel/clock.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import { burnIndices } from './burn-indices.ts';
import {
  type ReplayedRecord,
  type ReplayStores,
  replayEffects,
  withoutEffect,
} from './replay-effects.ts';
import { settleRestored } from './settle-restored.ts';

const recordsPerTransaction = 500;

/** What a replay needs. */
export interface ReplayDeps {
  readonly work: UnitOfWork<ReplayStores>;
  readonly identities: IdentityProvider;
  readonly clock: Clock;
}

/** What is replayed, and on what. */
export interface ReplayOrder {
  /** The head of the restored database. */
  readonly head: ChainHead;
  /** What the journal has beyond it, in order. */
  readonly records: readonly ReplayedRecord[];
  /** How many of them, from the first on, follow the head without a gap: they are put back. */
  readonly linked: number;
  /** Numbers of status lists that are passed over, beside those that are known. */
  readonly listsSkipped: number;
}

/** Something that was done after the backup and is gone: people have to do it again. */
export interface LostChange {
  readonly sequence: number;
  readonly at: string;
  readonly organizationId: string;
  readonly action: string;
  readonly subject: string;
  /** The agent or the kind of thing that it was about, where the record names one. */
  readonly about: string | null;
}

/** What a replay did. */
export interface Replayed {
  /** Records that were put back into the audit trail. */
  readonly reinserted: number;
  /** How many records of each action were done again. */
  readonly replayed: Readonly<Record<string, number>>;
  /** Credentials that are not known any more: their entries read revoked, for ever. */
  readonly indicesBurned: number;
  readonly lost: readonly LostChange[];
}

/**
 * Brings a database that was restored from an older state to where nothing that was taken back since
 * is in force: in transactions that each put back a part of the trail with all that follows from it,
 * so that it may be interrupted and run again. The last one opens new status lists and says in the
 * trail that the registry was restored.
 */
export async function replayRecords(deps: ReplayDeps, order: ReplayOrder): Promise<Replayed> {
  const { records, linked } = order;
  let indicesBurned = 0;
  for (let start = 0; ; start += recordsPerTransaction) {
    const end = Math.min(start + recordsPerTransaction, records.length);
    const isLast = end === records.length;
    indicesBurned += await deps.work.run(async (stores) => {
      await stores.audit.reinsert(records.slice(start, Math.min(end, Math.max(start, linked))));
      const burned = await replayChunk(stores, records.slice(start, end));
      if (isLast) await settleRestored(deps, stores, order);
      return burned;
    });
    if (isLast) break;
  }
  return { reinserted: linked, indicesBurned, ...account(records) };
}

async function replayChunk(
  stores: ReplayStores,
  records: readonly ReplayedRecord[],
): Promise<number> {
  const burned = await burnIndices(stores, records);
  for (const run of runsOf(records)) {
    const [first] = run;
    if (first !== undefined) await replayEffects[first.action]?.(stores, run);
  }
  await stores.agents.reviseAll(agentsIn(records));
  return burned;
}

/** Agents of which anything was recorded get their papers anew. */
function agentsIn(records: readonly ReplayedRecord[]): readonly AgentId[] {
  const ids = records.flatMap(({ subject, details: { agent } }) => [subject, agent]);
  const agents = ids.filter((id): id is AgentId => typeof id === 'string' && id.startsWith('agt_'));
  return [...new Set(agents)];
}

/** Records of the same action that follow each other. */
function runsOf(records: readonly ReplayedRecord[]): readonly (readonly ReplayedRecord[])[] {
  const runs: ReplayedRecord[][] = [];
  for (const record of records) {
    const last = runs.at(-1);
    if (last?.[0]?.action === record.action) last.push(record);
    else runs.push([record]);
  }
  return runs;
}

function account(records: readonly ReplayedRecord[]): Pick<Replayed, 'replayed' | 'lost'> {
  const replayed: Record<string, number> = {};
  const lost: LostChange[] = [];
  for (const record of records) {
    const { action } = record;
    if (action in replayEffects) replayed[action] = (replayed[action] ?? 0) + 1;
    if (isLost(record)) lost.push(lostChange(record));
  }
  return { replayed, lost };
}

/** An agent that was onboarded since is kept as a handle, and is lost all the same. */
function isLost({ action, details }: ReplayedRecord): boolean {
  if (action === 'agent.onboarded') return true;
  if (action === 'credential.issued') return details['type'] !== 'passport';
  return !(action in replayEffects) && !withoutEffect.has(action);
}

function lostChange({ sequence, at, organizationId, action, subject, details }: ReplayedRecord) {
  const about = details['handle'] ?? details['type'] ?? details['name'] ?? null;
  return {
    ...{ sequence, at: at.toISOString(), organizationId, action, subject },
    about: typeof about === 'string' ? about : null,
  };
}
