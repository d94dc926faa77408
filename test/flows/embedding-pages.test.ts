import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Disposals } from '../../src/demo/disposals.ts';
import { type AgentWorld, startAgentWorld, type WorldAgent } from '../support/agent-world.ts';
import { assertionOf } from '../support/better-auth-place.ts';
import { asInstalled } from '../support/installed-verifier.ts';
import { freePort } from '../support/running-service.ts';

const root = resolve(import.meta.dirname, '../..');
const scope = 'read:logs/production';
const papers = { handle: 'triage-bot', authorizedScopes: [scope] } as const;
const codeVerifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const codeChallenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

type Ask = (url: string, agent: WorldAgent) => Promise<string>;

interface Page {
  /** What the page leaves to its reader. */
  readonly yours: string;
  readonly ask: Ask;
  readonly yes: string;
  readonly no: string;
}

const askForLogs: Ask = async (url, { clientId }) => {
  const response = await fetch(`${url}/logs/production`, { headers: { 'x-client': clientId } });
  const { granted, code } = (await response.json()) as {
    readonly granted?: string[];
    readonly code?: string;
  };
  return `${response.status} ${granted ?? code}`;
};

const askBetterAuth: Ask = async (url, agent) => {
  const endpoint = `${url}/api/auth/oauth2/token`;
  const grant = { grant_type: 'client_credentials', ...(await assertionOf(agent, endpoint)) };
  return requestToken(endpoint, grant);
};

const askMcp: Ask = async (url, agent) => {
  const query = new URLSearchParams({
    client_id: agent.clientId,
    redirect_uri: agent.redirectUri,
    response_type: 'code',
    code_challenge: codeChallenge,
    code_challenge_method: 'S256',
    scope: `${scope} read:logs/pii`,
  });
  const led = await fetch(`${url}/authorize?${query}`, { redirect: 'manual' });
  const code = new URL(led.headers.get('location') ?? url).searchParams.get('code');
  if (code === null) return `${led.status} ${((await led.json()) as { error: string }).error}`;
  const exchange = {
    grant_type: 'authorization_code',
    client_id: agent.clientId,
    code,
    code_verifier: codeVerifier,
  };
  // Without a proof of its key it gets nothing, and the code is not used up.
  expect(await requestToken(`${url}/token`, exchange)).toBe('401 invalid_client');
  const proof = await assertionOf(agent, `${url}/token`);
  return requestToken(`${url}/token`, { ...exchange, ...proof });
};

async function requestToken(url: string, parameters: Record<string, string>): Promise<string> {
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams(parameters) });
  const said = (await response.json()) as { readonly error?: string; readonly scope?: string };
  return `${response.status} ${said.error ?? said.scope}`;
}

const resourceServer = { ask: askForLogs, yes: `200 ${scope}`, no: '403 agent-refused' };
const authorizationServer = { yes: `200 ${scope}`, no: '400 invalid_client' };

const pages: Readonly<Record<string, Page>> = {
  'express.md': {
    yours: `const checkToken = (request, _response, next) => {
      request.auth = { clientId: request.get('x-client') };
      next();
    };`,
    ...resourceServer,
  },
  'hono.md': {
    yours: `const checkToken = async (context, next) => {
      context.set('clientId', context.req.header('x-client'));
      await next();
    };`,
    ...resourceServer,
  },
  'mcp-sdk.md': {
    yours: `const { DemoInMemoryAuthProvider } = await import(
        '@modelcontextprotocol/sdk/examples/server/demoInMemoryOAuthProvider.js');
      const ownProvider = new DemoInMemoryAuthProvider();
      const serveMcp = (_request, response) => response.json({});`,
    ask: askMcp,
    ...authorizationServer,
  },
  'better-auth.md': {
    yours: `const { memoryAdapter } = await import('better-auth/adapters/memory');
      const tables = ['user', 'session', 'account', 'verification', 'jwks', 'oauthClient',
        'oauthAccessToken', 'oauthClientResource', 'oauthClientAssertion'];
      const database = memoryAdapter(Object.fromEntries(tables.map((name) => [name, []])));`,
    ask: askBetterAuth,
    ...authorizationServer,
  },
};

let disposals: Disposals;
let world: AgentWorld;

beforeEach(async () => {
  disposals = new Disposals();
  // The name that the pages have in their policies.
  world = disposals.use(await startAgentWorld({ origin: 'https://id.acme.com' }));
});

afterEach(() => disposals[Symbol.asyncDispose]());

/** The first program of a page, which reads this world and listens on a port of this machine. */
function programOf(page: string, port: number): string {
  const text = readFileSync(join(root, 'docs/run-an-as', page), 'utf8');
  const [shown = ''] = text.match(/(?<=```js\n)[\s\S]*?(?=```)/) ?? [];
  expect(shown).toContain("issuer: 'did:web:id.acme.com'");
  const reading = `((guarded) => Object.assign(
      (url, options) => guarded(url.replace('${world.origin}', '${world.address}'), options),
      { ...guarded },
    ))(guardedFetch({ allowLoopback: true }))`;
  const here = asInstalled(shown)
    .replace('guardedFetch()', reading)
    .replaceAll('3000', String(port));
  return `${pages[page]?.yours}\n${here}`;
}

/** Runs it as somebody does who pasted it; its URL once it answers. */
async function startProgram(page: string): Promise<string> {
  const port = await freePort();
  const child = spawn(process.execPath, ['--input-type=module', '-e', programOf(page, port)], {
    cwd: root,
    env: { ...process.env, BETTER_AUTH_SECRET: 'x'.repeat(32), NODE_ENV: 'development' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaints = '';
  child.stderr.on('data', (piece) => {
    complaints += piece;
  });
  disposals.use({ [Symbol.asyncDispose]: () => stop(child) });
  const url = `http://localhost:${port}`;
  while (child.exitCode === null) {
    const answered = await fetch(url).catch(() => undefined);
    if (answered !== undefined) return url;
    await sleep(100);
  }
  throw new Error(complaints);
}

async function stop(child: ChildProcess): Promise<void> {
  const gone = child.exitCode === null ? once(child, 'exit') : undefined;
  child.kill();
  await gone;
}

describe.each(Object.entries(pages))('the program of %s', (page, { ask, yes, no }) => {
  it('admits an agent in good standing, refuses one that was revoked, asks no stranger', async () => {
    const elsewhere = disposals.use(await startAgentWorld());
    const stranger = await elsewhere.publish(papers);
    const good = await world.publish(papers);
    const revoked = await world.publish({ ...papers, handle: 'other-bot' });
    await world.mark(revoked, 'revocation', true);
    const url = await startProgram(page);
    expect(await ask(url, good)).toBe(yes);
    expect(await ask(url, revoked)).toBe(no);
    expect(await ask(url, stranger)).toBe(no);
    expect(elsewhere.requests).toEqual([]);
  }, 30_000);
});
