import type { AgentReader } from '../agents/agent-store.ts';
import type { Credential } from '../credentials/credential.ts';
import type { CredentialReader } from '../credentials/credential-store.ts';
import type { StatusList } from '../status/status-list.ts';
import type { StatusReader } from '../status/status-store.ts';
import { renewalOf } from './issue-papers.ts';
import type { PapersDeps } from './papers.ts';
import { type PublishStandingDeps, publishStanding } from './publish-standing.ts';

/** A list is signed anew at least this often; it is valid three times as long. */
const resignAfterMs = 5 * 60_000;
/** An intent this old was left behind by a process that ended before it could seal it. */
const abandonAfterMs = 60_000;
const rowsPerRound = 200;

export interface KeepPapersDeps extends PublishStandingDeps, Pick<PapersDeps, 'lists'> {
  readonly agents: AgentReader;
  readonly credentials: CredentialReader;
  readonly status: StatusReader;
}

/** What one round did, for the log. */
export interface KeptPapers {
  readonly listsPublished: number;
  readonly intentsAbandoned: number;
  readonly agentsCaughtUp: number;
  readonly passportsRenewed: number;
}

/**
 * One round of what the registry owes without being asked: sign status lists before they expire,
 * give up intents that were never sealed, finish changes that a restart interrupted, and renew
 * passports at two thirds of their life. Every part may be repeated.
 */
export async function keepPapers(deps: KeepPapersDeps): Promise<KeptPapers> {
  const intentsAbandoned = await abandonIntents(deps);
  const agentsCaughtUp = await catchUp(deps);
  const passportsRenewed = await renewPassports(deps);
  const listsPublished = await publishDueLists(deps);
  return { listsPublished, intentsAbandoned, agentsCaughtUp, passportsRenewed };
}

async function publishDueLists(deps: KeepPapersDeps): Promise<number> {
  const now = deps.clock.now();
  const due = (await deps.status.listLists()).filter((list) => isDue(list, now));
  await deps.lists.publishAll(due.map(({ id }) => id));
  return due.length;
}

function isDue(list: StatusList, now: Date): boolean {
  if (list.publishedAt === null || list.publishedRevision < list.revision) return true;
  const ageMs = now.getTime() - list.publishedAt.getTime();
  // A clock that stepped back far is no reason to let a list run out.
  return ageMs >= resignAfterMs || ageMs < -resignAfterMs;
}

async function abandonIntents(deps: KeepPapersDeps): Promise<number> {
  const before = new Date(deps.clock.now().getTime() - abandonAfterMs);
  const left = await deps.credentials.listUnsealed(before, rowsPerRound);
  if (left.length > 0) await deps.work.run((stores) => abandon(stores, left, deps.clock.now()));
  return left.length;
}

/** An abandoned intent may have been signed all the same, so its index reads revoked for ever. */
async function abandon(
  stores: Parameters<Parameters<PapersDeps['work']['run']>[0]>[0],
  left: readonly Credential[],
  at: Date,
): Promise<void> {
  const ids = left.map(({ id }) => id);
  await stores.credentials.abandonAll(ids);
  await stores.status.change(ids, { revokedAt: at });
  await stores.audit.append(
    left.map((credential) => ({
      organizationId: credential.organizationId,
      actor: { kind: 'system', id: 'keep-papers' },
      action: 'credential.abandoned',
      subject: credential.id,
      reason: 'recorded, and not sealed before the service ended',
      details: { agent: credential.agentId, type: credential.type },
    })),
  );
}

async function catchUp(deps: KeepPapersDeps): Promise<number> {
  const lagging = await deps.agents.listLagging(rowsPerRound);
  for (const agent of lagging) await publishStanding(deps, agent);
  return lagging.length;
}

async function renewPassports(deps: KeepPapersDeps): Promise<number> {
  const due = await deps.credentials.listAgentsDue(deps.clock.now(), rowsPerRound);
  await Promise.all(
    due.map((id) =>
      deps.issuePapers(
        renewalOf(id, {
          actor: { kind: 'system', id: 'keep-papers' },
          reason: 'renewed before its end',
          narrows: false,
        }),
      ),
    ),
  );
  return due.length;
}
