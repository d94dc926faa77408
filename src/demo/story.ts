import type { AgentClient, TokenAnswer, ToolAnswer } from './agent-client.ts';
import { type Finding, find, type Sighting, time } from './finding.ts';
import {
  issuePapers,
  onboard,
  type Part,
  type Player,
  readListsOf,
  startClient,
} from './players.ts';
import { issuerOf, type Stage } from './stage.ts';

/** One step of the story, told. */
export interface Step {
  readonly step: number;
  readonly title: string;
  readonly findings: readonly Finding[];
  readonly asExpected: boolean;
}

/** The players that later steps need from earlier ones. */
interface Cast {
  readonly logServer: Player;
  readonly triageBot: Player;
  /** triage-bot at work: it holds one access token from step 4 on. */
  readonly client: AgentClient;
}

type Telling = (stage: Stage, cast: Cast) => Promise<readonly Finding[]>;

const permittedScope = 'read:logs/production';
/** The lists of a retired agent say so first, and then its document answers 410. */
const revokedReasons = ['status-revoked', 'fetch-failed'];
const pollMs = 250;
const pollDeadlineMs = 90_000;

const laterSteps: readonly (readonly [title: string, tell: Telling])[] = [
  ['The agent checks the passport of the MCP server', checkServer],
  ['The agent asks for both scopes and is granted one', useOneOfTwo],
  ['An agent of an untrusted issuer is refused unseen', refuseStranger],
  ['Suspended, then resumed', suspendAndResume],
  ['Revoked, told and untold', revoke],
  ['The same with an authorization-code agent', useAuthorizationCode],
];

/**
 * Tells the story on a stage, step by step as it happens. It ends early at a step that throws: that
 * step carries the failure as a finding.
 */
export async function* tellStory(stage: Stage): AsyncGenerator<Step> {
  yield await tell(1, 'An organization is created', () => createOrganization(stage));
  let cast: Cast | undefined;
  const second = await tell(2, 'An MCP server and an agent get their papers', async () => {
    const enrolled = await onboardBoth(stage);
    cast = enrolled.cast;
    return enrolled.findings;
  });
  yield second;
  if (cast === undefined) return;
  for (const [index, [title, telling]] of laterSteps.entries()) {
    const players = cast;
    const step = await tell(index + 3, title, () => telling(stage, players));
    yield step;
    if (step.findings.at(-1)?.decision === 'failed') return;
  }
}

async function tell(
  step: number,
  title: string,
  act: () => Promise<readonly Finding[]>,
): Promise<Step> {
  const findings = await act().catch(async (error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    const failed = { decision: 'failed', reason, asExpected: false };
    return [await find('the step itself', () => Promise.resolve(failed))];
  });
  return { step, title, findings, asExpected: findings.every((finding) => finding.asExpected) };
}

async function createOrganization(stage: Stage): Promise<readonly Finding[]> {
  const issuer = issuerOf(stage.registry.url);
  return [
    await find('the registry names its issuer', async () => {
      const { did } = await stage.registry.request('GET', '/organization');
      return { decision: String(did), asExpected: did === issuer };
    }),
    await find('anyone can read the DID document', async () => {
      const response = await fetch(`${stage.registry.url}/.well-known/did.json`);
      const { id } = (await response.json()) as { readonly id: unknown };
      return { decision: String(id), asExpected: id === issuer };
    }),
  ];
}

async function onboardBoth(stage: Stage): Promise<{ cast: Cast; findings: readonly Finding[] }> {
  const logServer = await enter(stage, {
    handle: 'log-server',
    kind: 'mcp-server',
    name: 'Log Server',
  });
  const triageBot = await enter(stage, {
    handle: 'triage-bot',
    kind: 'agent',
    name: 'Triage Bot',
  });
  const cast = {
    logServer: logServer.player,
    triageBot: triageBot.player,
    client: startClient(stage, triageBot.player, 'client-credentials'),
  };
  const access = await find('who may read logs/production', async () => {
    const question = '/access?action=read&resource=logs%2Fproduction';
    const { data } = (await stage.registry.request('GET', question)) as {
      readonly data: readonly { readonly agent: { readonly handle: string } }[];
    };
    const handles = data.map(({ agent }) => agent.handle);
    return { decision: handles.join(', '), asExpected: handles.includes('triage-bot') };
  });
  return { cast, findings: [...logServer.findings, ...triageBot.findings, access] };
}

/** Onboards a player and issues its credentials. */
async function enter(
  stage: Stage,
  part: Part,
): Promise<{ player: Player; findings: readonly Finding[] }> {
  const { value: player, ms } = await time(() => onboard(stage.registry, part));
  const { did } = player;
  const asExpected = did === `${issuerOf(stage.registry.url)}:a:${part.handle}`;
  const what = `${part.handle} is onboarded`;
  const papers = await find(`${part.handle} gets its credentials`, async () => {
    const types = [...(await issuePapers(player)).keys()];
    return { decision: types.join(', '), asExpected: types.length === 3 };
  });
  return { player, findings: [{ what, decision: did, reason: null, ms, asExpected }, papers] };
}

async function checkServer(stage: Stage, { logServer }: Cast): Promise<readonly Finding[]> {
  return [
    await find('the passport of log-server', async () => {
      const verdict = await stage.verifiers.agent.verifyClient(logServer.clientId);
      const { agentType } = verdict.claims ?? {};
      const asExpected = verdict.outcome === 'accepted' && agentType === 'mcp-server';
      return { decision: verdict.outcome, reason: verdict.reason, asExpected };
    }),
  ];
}

async function useOneOfTwo(stage: Stage, { triageBot, client }: Cast): Promise<readonly Finding[]> {
  return [
    await find('the authorization server grants', async () => {
      const answer = await client.requestToken();
      const withheld = stage.verdictOn(triageBot.clientId)?.withheld ?? [];
      return granting(answer, `withheld ${withheld.join(' ')}`);
    }),
    await find('read_logs', async () => serving(await client.callTool('read_logs'))),
    await find('read_pii', async () =>
      refusing(await client.callTool('read_pii'), 'insufficient_scope'),
    ),
  ];
}

async function refuseStranger(stage: Stage): Promise<readonly Finding[]> {
  const { stranger } = stage;
  const part = { handle: 'triage-bot', kind: 'agent', name: 'Triage Bot' } as const;
  const impostor = await onboard(stranger, part);
  await issuePapers(impostor);
  const client = startClient(stage, impostor, 'client-credentials');
  const before = stranger.cdn.requests();
  return [
    await find('the authorization server refuses', async () =>
      denying(
        stage,
        { player: impostor, answer: await client.requestToken() },
        'issuer-not-trusted',
      ),
    ),
    await find('requests to the untrusted issuer', () => {
      const made = stranger.cdn.requests() - before;
      return Promise.resolve({ decision: String(made), asExpected: made === 0 });
    }),
  ];
}

async function suspendAndResume(
  stage: Stage,
  { triageBot, client }: Cast,
): Promise<readonly Finding[]> {
  return [
    await find('suspended: the authorization server refuses', async () => {
      await change(stage, triageBot, 'suspend');
      const answer = await client.requestToken();
      return denying(stage, { player: triageBot, answer }, 'status-suspended');
    }),
    await find('suspended: the MCP server refuses the token still held', async () =>
      refusing(await client.callTool('read_logs'), 'status-suspended'),
    ),
    await find('resumed: the authorization server grants', async () => {
      await change(stage, triageBot, 'resume');
      return granting(await client.requestToken(), null);
    }),
    await find('resumed: read_logs', async () => serving(await client.callTool('read_logs'))),
  ];
}

async function revoke(stage: Stage, { triageBot, client }: Cast): Promise<readonly Finding[]> {
  const lists = await readListsOf(triageBot);
  const start = performance.now();
  const told = await find('told: the authorization server refuses', async () => {
    const path = `/agents/${triageBot.handle}/retire`;
    await stage.registry.request('POST', path, { reason: 'INC-0815' });
    for (const url of lists) stage.verifiers.authorizationServer.invalidate(url);
    const answer = await client.requestToken();
    return denying(stage, { player: triageBot, answer }, ...revokedReasons);
  });
  const untold = await find('untold: the MCP server refuses the token still held', async () =>
    refusing(await pollUntilRefused(client, start), ...revokedReasons),
  );
  return [told, { ...untold, ms: Math.round(performance.now() - start) }];
}

/** Calls again and again, as an agent at work does, until the answer is no. */
async function pollUntilRefused(client: AgentClient, start: number): Promise<ToolAnswer> {
  for (;;) {
    const answer = await client.callTool('read_logs');
    const late = performance.now() - start > pollDeadlineMs;
    if (answer.status !== 200 || late) return answer;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

async function useAuthorizationCode(stage: Stage): Promise<readonly Finding[]> {
  const player = await onboard(stage.registry, {
    handle: 'release-bot',
    kind: 'agent',
    name: 'Release Bot',
  });
  const papers = await issuePapers(player);
  const client = startClient(stage, player, 'authorization-code');
  return [
    await find('after consent the authorization server grants', async () =>
      granting(await client.requestToken(), null),
    ),
    await find('read_logs', async () => serving(await client.callTool('read_logs'))),
    await find('read_pii', async () =>
      refusing(await client.callTool('read_pii'), 'insufficient_scope'),
    ),
    await find(
      'its redirect_uris swapped by the CDN: the authorization server refuses',
      async () => {
        const { pathname } = new URL(player.clientId);
        const swap = { redirect_uris: [player.redirectUri, 'https://evil.example/callback'] };
        const mend = stage.registry.cdn.alter(pathname, (document) => ({ ...document, ...swap }));
        stage.verifiers.authorizationServer.invalidate(player.clientId);
        const answer = await client.requestToken();
        mend();
        return denying(stage, { player, answer }, 'document-digest-mismatch');
      },
    ),
    await find('its permission revoked: the MCP server refuses the token still held', async () => {
      const path = `/credentials/${papers.get('allowed-actions') ?? ''}/revoke`;
      await stage.registry.request('POST', path, { reason: 'CHG-4712' });
      await spread(stage, player);
      return refusing(await client.callTool('read_logs'), 'agent-action-withheld');
    }),
    await find('suspended: the authorization server refuses', async () => {
      await change(stage, player, 'suspend');
      return denying(stage, { player, answer: await client.requestToken() }, 'status-suspended');
    }),
  ];
}

async function change(stage: Stage, player: Player, to: 'suspend' | 'resume'): Promise<void> {
  const path = `/agents/${player.handle}/${to}`;
  await player.registry.request('POST', path, { reason: 'INC-0814' });
  await spread(stage, player);
}

/** Tells both servers what a webhook would tell them: read this agent's papers again. */
async function spread(stage: Stage, player: Player): Promise<void> {
  for (const url of [player.clientId, ...(await readListsOf(player))]) {
    stage.verifiers.authorizationServer.invalidate(url);
    stage.verifiers.logServer.invalidate(url);
  }
}

function granting(answer: TokenAnswer, reason: string | null): Sighting {
  if (!answer.granted) return { decision: 'refused', reason: answer.error, asExpected: false };
  const asExpected = answer.scopes.length === 1 && answer.scopes[0] === permittedScope;
  return { decision: `granted ${answer.scopes.join(' ')}`, reason, asExpected };
}

function denying(
  stage: Stage,
  { player, answer }: { readonly player: Player; readonly answer: TokenAnswer },
  ...expected: readonly string[]
): Sighting {
  if (answer.granted) return { decision: `granted ${answer.scopes.join(' ')}`, asExpected: false };
  const reason = stage.verdictOn(player.clientId)?.reason ?? null;
  const asExpected = answer.error === 'invalid_client' && expected.includes(reason ?? '');
  return { decision: `refused: ${answer.error}`, reason, asExpected };
}

function serving(answer: ToolAnswer): Sighting {
  const { status, reason } = answer;
  return { decision: `served: ${status}`, reason, asExpected: status === 200 };
}

function refusing(answer: ToolAnswer, ...expected: readonly string[]): Sighting {
  const { status, reason } = answer;
  const decision = status === 200 ? 'served: 200' : `refused: ${status}`;
  return { decision, reason, asExpected: status === 403 && expected.includes(reason ?? '') };
}
