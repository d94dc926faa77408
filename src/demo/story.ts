import { type Finding, find, type Sighting, time } from './finding.ts';
import {
  changeState,
  issuePapers,
  onboard,
  type Part,
  type Player,
  readListsOf,
} from './players.ts';
import { seeTokenGranted, seeTokenRefused, seeToolRefused, seeToolServed } from './sightings.ts';
import { issuerOf, type Stage } from './stage.ts';

/** One step of the story, told. */
export interface Step {
  readonly step: number;
  readonly title: string;
  readonly findings: readonly Finding[];
  readonly asExpected: boolean;
}

/** A stage, and who has entered it so far. */
interface Scene extends Stage {
  readonly players: Map<string, Player>;
}

type Telling = (scene: Scene) => Promise<readonly Finding[]>;

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

/** The number of steps of a story that was told to its end. */
export const stepCount = tellings.length;

const revokedReasons = ['status-revoked'];
const pollMs = 250;
const pollDeadlineMs = 90_000;

const triageBot: Part = {
  handle: 'triage-bot',
  kind: 'agent',
  name: 'Triage Bot',
  flow: 'client-credentials',
};
const logServer: Part = { ...triageBot, handle: 'log-server', kind: 'mcp-server', name: 'Logs' };
const releaseBot: Part = {
  handle: 'release-bot',
  kind: 'agent',
  name: 'Release Bot',
  flow: 'authorization-code',
};

/**
 * Tells the story on a stage, step by step as it happens. It ends early at a step that throws: that
 * step carries the failure as its finding.
 */
export async function* tellStory(stage: Stage): AsyncGenerator<Step> {
  const scene: Scene = { ...stage, players: new Map() };
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

async function createOrganization(scene: Scene): Promise<readonly Finding[]> {
  const { registry } = scene;
  const issuer = issuerOf(registry.url);
  return [
    await find('the registry names its issuer', async () => {
      const { did } = await registry.request('GET', '/organization');
      return { decision: String(did), asExpected: did === issuer };
    }),
    await find('anyone can read its DID document', async () => {
      const response = await fetch(`${registry.url}/.well-known/did.json`);
      const { id } = (await response.json()) as { readonly id: unknown };
      return { decision: String(id), asExpected: id === issuer };
    }),
  ];
}

async function onboardBoth(scene: Scene): Promise<readonly Finding[]> {
  return [
    ...(await enter(scene, logServer)),
    ...(await enter(scene, triageBot)),
    await find('who may read logs/production', async () => {
      const question = '/access?action=read&resource=logs%2Fproduction';
      const { data } = (await scene.registry.request('GET', question)) as {
        readonly data: readonly { readonly agent: { readonly handle: string } }[];
      };
      const handles = data.map((grant) => grant.agent.handle);
      return { decision: handles.join(', '), asExpected: handles.includes(triageBot.handle) };
    }),
  ];
}

/** Onboards a player at the trusted registry and issues its credentials. */
async function enter(scene: Scene, part: Part): Promise<readonly Finding[]> {
  const { value: player, ms } = await time(() => onboard(scene, scene.registry, part));
  scene.players.set(part.handle, player);
  const asExpected = player.did === `${issuerOf(scene.registry.url)}:a:${part.handle}`;
  const what = `${part.handle} is onboarded`;
  const papers = await find(`${part.handle} gets its credentials`, async () => {
    const types = [...(await issuePapers(player)).keys()];
    return { decision: types.join(', '), asExpected: types.length === 3 };
  });
  return [{ what, decision: player.did, reason: null, ms, asExpected }, papers];
}

function playing(scene: Scene, part: Part): Player {
  const player = scene.players.get(part.handle);
  if (player === undefined) throw new Error(`${part.handle} was not onboarded`);
  return player;
}

async function checkServer(scene: Scene): Promise<readonly Finding[]> {
  const { clientId } = playing(scene, logServer);
  return [
    await find('the passport of log-server', async () => {
      const verdict = await scene.verifiers.agent.verifyClient(clientId);
      const { agentType } = verdict.claims ?? {};
      const asExpected = verdict.outcome === 'accepted' && agentType === 'mcp-server';
      return { decision: verdict.outcome, reason: verdict.reason, asExpected };
    }),
  ];
}

async function useOneOfTwo(scene: Scene): Promise<readonly Finding[]> {
  return seeAccess(playing(scene, triageBot));
}

async function seeAccess(player: Player): Promise<readonly Finding[]> {
  return [
    await find('the authorization server', () => seeTokenGranted(player)),
    await find('read_logs', () => seeToolServed(player, 'read_logs')),
    await find('read_pii', () => seeToolRefused(player, 'read_pii', ['insufficient_scope'])),
  ];
}

async function refuseStranger(scene: Scene): Promise<readonly Finding[]> {
  const { stranger } = scene;
  const impostor = await onboard(scene, stranger, triageBot);
  await issuePapers(impostor);
  const before = stranger.cdn.requests();
  return [
    await find('the authorization server', () =>
      seeTokenRefused(scene, impostor, ['issuer-not-trusted']),
    ),
    await find('requests to the untrusted issuer', async () => {
      const made = stranger.cdn.requests() - before;
      return { decision: String(made), asExpected: made === 0 };
    }),
  ];
}

async function suspendAndResume(scene: Scene): Promise<readonly Finding[]> {
  const player = playing(scene, triageBot);
  const reasons = ['status-suspended'];
  return [
    await find('suspended: the authorization server', async () => {
      await changeState(player, 'suspend');
      await spread(scene, player);
      return seeTokenRefused(scene, player, reasons);
    }),
    await find('suspended: the MCP server, with the token still held', () =>
      seeToolRefused(player, 'read_logs', reasons),
    ),
    await find('resumed: the authorization server', async () => {
      await changeState(player, 'resume');
      await spread(scene, player);
      return seeTokenGranted(player);
    }),
    await find('resumed: the MCP server', () => seeToolServed(player, 'read_logs')),
  ];
}

async function revoke(scene: Scene): Promise<readonly Finding[]> {
  const player = playing(scene, triageBot);
  const lists = await readListsOf(player);
  const start = performance.now();
  const told = await find('told: the authorization server', async () => {
    await changeState(player, 'retire');
    for (const url of lists) scene.verifiers.authorizationServer.invalidate(url);
    return seeTokenRefused(scene, player, revokedReasons);
  });
  const what = 'untold: the MCP server, with the token still held';
  const untold = await find(what, () => pollUntilRefused(player));
  return [told, { ...untold, ms: Math.round(performance.now() - start) }];
}

/** Calls again and again, as an agent at work does, until the answer is no. */
async function pollUntilRefused(player: Player): Promise<Sighting> {
  const deadline = performance.now() + pollDeadlineMs;
  for (;;) {
    const seen = await seeToolRefused(player, 'read_logs', revokedReasons);
    if (seen.asExpected || performance.now() > deadline) return seen;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

async function useAuthorizationCode(scene: Scene): Promise<readonly Finding[]> {
  const player = await onboard(scene, scene.registry, releaseBot);
  const papers = await issuePapers(player);
  return [
    ...(await seeAccess(player)),
    await find('its redirect_uris swapped by the CDN: the authorization server', () =>
      seeSwapRefused(scene, player),
    ),
    await find('its permission revoked: the MCP server, with the token still held', async () => {
      const path = `/credentials/${papers.get('allowed-actions') ?? ''}/revoke`;
      await scene.registry.request('POST', path, { reason: 'CHG-4712' });
      await spread(scene, player);
      return seeToolRefused(player, 'read_logs', ['agent-action-withheld']);
    }),
    await find('suspended: the authorization server', async () => {
      await changeState(player, 'suspend');
      await spread(scene, player);
      return seeTokenRefused(scene, player, ['status-suspended']);
    }),
  ];
}

async function seeSwapRefused(scene: Scene, player: Player): Promise<Sighting> {
  const { pathname } = new URL(player.clientId);
  const mend = scene.registry.cdn.alter(pathname, (document) => ({
    ...document,
    redirect_uris: [new URL('callback', player.clientId), 'https://evil.example/callback'],
  }));
  try {
    scene.verifiers.authorizationServer.invalidate(player.clientId);
    return await seeTokenRefused(scene, player, ['document-digest-mismatch']);
  } finally {
    mend();
  }
}

/** Tells both servers what a webhook would tell them: read this agent's papers again. */
async function spread(scene: Scene, player: Player): Promise<void> {
  for (const url of [player.clientId, ...(await readListsOf(player))]) {
    scene.verifiers.authorizationServer.invalidate(url);
    scene.verifiers.logServer.invalidate(url);
  }
}
