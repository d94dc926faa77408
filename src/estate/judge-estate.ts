import type { Agent, AgentId } from '../agents/agent.ts';
import type { AgentReader } from '../agents/agent-store.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import type { Credential } from '../credentials/credential.ts';
import type { CredentialReader } from '../credentials/credential-store.ts';
import { newId } from '../kernel/new-id.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { EstateStores } from './estate-store.ts';
import type { EstateFinding, FindingId } from './finding.ts';
import type { ImportedCredential } from './imported-credential.ts';
import { type Judgement, judgeAgent } from './judge-agent.ts';
import { type RecheckImportsDeps, recheckImports } from './recheck-imports.ts';
import type { Sightings } from './sighting.ts';

type Judgements = ReadonlyMap<AgentId, { readonly agent: Agent; readonly judgement: Judgement }>;

const agentsAtOnce = 500;
const longestRoundMs = 10_000;

/** What judging agents reads, beside the rules and findings. */
export interface JudgeStores extends EstateStores {
  readonly audit: AuditTrail;
  readonly agents: AgentReader;
  readonly credentials: CredentialReader;
}

/** What one round of watching the estate needs. */
export interface JudgeEstateDeps extends RecheckImportsDeps {
  readonly work: UnitOfWork<JudgeStores>;
  readonly seen: Sightings;
}

/** What one round did, for the log. */
export interface JudgedEstate {
  readonly agentsJudged: number;
  readonly importsRechecked: number;
  readonly failures: readonly unknown[];
}

/**
 * One round of watching the estate: note who was looked at, ask about imports again, and judge by
 * the rules every agent that changed since it was judged last, or whose time has come. A round may
 * be repeated and ends within some ten seconds, or soon after `stopping` is aborted; what it did not
 * get to, the next one does. It changes findings and nothing else.
 */
export async function judgeEstate(
  deps: JudgeEstateDeps,
  stopping?: AbortSignal,
): Promise<JudgedEstate> {
  const until = new Date(deps.clock.now().getTime() + longestRoundMs);
  await noteSightings(deps);
  const { asked, failures } = await recheckImports(deps, until, stopping);
  let agentsJudged = 0;
  for (;;) {
    const judged = await deps.work.run((stores) => judgeDue(stores, deps.clock.now()));
    agentsJudged += judged;
    if (judged < agentsAtOnce || deps.clock.now() >= until || stopping?.aborted === true) break;
  }
  return { agentsJudged, importsRechecked: asked, failures };
}

/** Writes down whom this process saw looked at since the last time: every process does so itself. */
export async function noteSightings({
  seen,
  work,
}: Pick<JudgeEstateDeps, 'seen' | 'work'>): Promise<void> {
  const { fetched, verified } = seen.take();
  if (fetched.length + verified.length === 0) return;
  await work.run(async ({ sightings }) => {
    await sightings.recordFetches(fetched);
    await sightings.recordVerifications(verified);
  });
}

async function judgeDue(stores: JudgeStores, at: Date): Promise<number> {
  const ids = await stores.findings.takeDue(at, agentsAtOnce);
  if (ids.length === 0) return 0;
  const judgements = await judgeAll(stores, ids, at);
  const open = await stores.findings.listOpen(ids);
  const present = ({ agentId, ruleId }: EstateFinding) =>
    judgements.get(agentId)?.judgement.breaches.get(ruleId);
  const over = open.filter((finding) => present(finding) === undefined);
  await stores.findings.resolve(
    over.map(({ id }) => id),
    at,
  );
  for (const finding of open) {
    const detail = present(finding);
    if (detail === undefined || detail === finding.detail) continue;
    await stores.findings.updateDetail(finding.id, detail);
  }
  await stores.findings.insertFindings(newFindings(judgements, open, at));
  await stores.findings.recordDueTimes(
    [...judgements].map(([agentId, { judgement }]) => ({ agentId, dueAt: judgement.dueAt })),
  );
  return ids.length;
}

async function judgeAll(
  stores: JudgeStores,
  ids: readonly AgentId[],
  at: Date,
): Promise<Judgements> {
  const agents = await stores.agents.findMany(ids);
  const credentials = byAgent(await stores.credentials.listUnexpired(ids, at));
  const imports = byAgent(await stores.imports.listImports(ids));
  const organizations = [...new Set(agents.map(({ organizationId }) => organizationId))];
  const rules = await stores.rules.listRules(organizations);
  const departed = new Map<string, ReadonlySet<string>>();
  for (const id of organizations) {
    const gone = await stores.owners.listDeparted(id);
    departed.set(id, new Set(gone.map(({ owner }) => owner)));
  }
  const judge = (agent: Agent): Judgement =>
    judgeAgent(
      rules.filter(({ organizationId }) => organizationId === agent.organizationId),
      {
        agent,
        credentials: credentials.get(agent.id) ?? [],
        imports: imports.get(agent.id) ?? [],
        departed: departed.get(agent.organizationId) ?? new Set(),
      },
      at,
    );
  return new Map(agents.map((agent) => [agent.id, { agent, judgement: judge(agent) }]));
}

function newFindings(
  judgements: Judgements,
  open: readonly EstateFinding[],
  at: Date,
): readonly EstateFinding[] {
  const known = new Set(open.map(({ agentId, ruleId }) => `${agentId} ${ruleId}`));
  return [...judgements].flatMap(
    ([
      agentId,
      {
        agent: { organizationId },
        judgement,
      },
    ]) =>
      [...judgement.breaches]
        .filter(([ruleId]) => !known.has(`${agentId} ${ruleId}`))
        .map(([ruleId, detail]) => ({
          id: newId<FindingId>('fnd', at),
          ...{ organizationId, ruleId, agentId, detail },
          state: 'open' as const,
          since: at,
          resolvedAt: null,
        })),
  );
}

function byAgent<Held extends Credential | ImportedCredential>(
  held: readonly Held[],
): ReadonlyMap<AgentId, readonly Held[]> {
  const groups = new Map<AgentId, Held[]>();
  for (const one of held) {
    const group = groups.get(one.agentId);
    if (group === undefined) groups.set(one.agentId, [one]);
    else group.push(one);
  }
  return groups;
}
