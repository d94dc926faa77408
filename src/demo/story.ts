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

/** What happens on a stage, and who has entered it so far. */
interface Scene extends Stage {
  readonly players: Map<string, Player>;
  /** triage-bot at work: it holds one access token from step 4 on. */
  readonly clients: Map<string, AgentClient>;
}

type Telling = (scene: Scene) => Promise<readonly Finding[]>;

const permittedScope = 'read:logs/production';
/** The lists of a retired agent say so first, and then its document answers 410. */
const revokedReasons = ['status-revoked', 'fetch-failed'];
const pollMs = 250;
const pollDeadlineMs = 90_000;

const tellings: readonly (readonly [title: string, telling: Telling])[] = [
  ['An organization is created', createOrganization],
  ['An MCP server and an agent get their papers', onboardBoth],
  ['The agent checks the passport of the MCP server', checkServer],
  ['The agent asks for both scopes and is granted one', useOneOfTwo],
  ['An agent of an untrusted issuer is refused unseen', refuseStranger],
  ['Suspended, then resumed', suspendAndResume],
  ['Revoked, told and untold', revoke],
  ['The same with an authorization-code agent', useAuthorizationCode],
];

/** How many steps a story has that was told to its end. */
export const stepCount = tellings.length;

/**
 * Tells the story on a stage, step by step as it happens. It ends early at a step that throws: that
 * step carries the failure as its finding.
 */
export async function* tellStory(stage: Stage): AsyncGenerator<Step> {
  const scene: Scene = { ...stage, players: new Map(), clients: new Map() };
  for (const [index, [title, telling]] of tellings.entries()) {
    const { findings, ended } = await tell(scene, telling);
    const asExpected = findings.every((finding) => finding.asExpected);
    yield { step: index + 1, title, findings, asExpected };
    if (ended) return;
  }
}

async function tell(scene: Scene, telling: Telling) {
  try {
    return { findings: await telling(scene), ended: false };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const failure = { what: 'the step', decision: 'failed', reason, ms: 0, asExpected: false };
    return { findings: [failure], ended: true };
  }
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

async function onboardBoth(scene: Scene): Promise<readonly Finding[]> {
  const server = { handle: 'log-server', kind: 'mcp-server', name: 'Log Server' } as const;
  const agent = { handle: 'triage-bot', kind: 'agent', name: 'Triage Bot' } as const;
  return [
    ...(await enter(scene, server)),
    ...(await enter(scene, agent)),
    await find('who may read logs/production', async () => {
      const question = '/access?action=read&resource=logs%2Fproduction';
      const { data } = (await scene.registry.request('GET', question)) as {
        readonly data: readonly { readonly agent: { readonly handle: string } }[];
      };
      const handles = data.map((grant) => grant.agent.handle);
      return { decision: handles.join(', '), asExpected: handles.includes(agent.handle) };
    }),
  ];
}

/** Onboards a player and issues its credentials. */
async function enter(scene: Scene, part: Part): Promise<readonly Finding[]> {
  const { value: player, ms } = await time(() => onboard(scene.registry, part));
  scene.players.set(part.handle, player);
  const { did } = player;
  const asExpected = did === `${issuerOf(scene.registry.url)}:a:${part.handle}`;
  const what = `${part.handle} is onboarded`;
  const papers = await find(`${part.handle} gets its credentials`, async () => {
    const types = [...(await issuePapers(player)).keys()];
    return { decision: types.join(', '), asExpected: types.length === 3 };
  });
  return [{ what, decision: did, reason: null, ms, asExpected }, papers];
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
