import { createServer } from 'node:http';
import { serve } from '@hono/node-server';
import express, { type Request } from 'express';
import { type Context, Hono } from 'hono';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startAuthorizationServer } from '../../src/demo/authorization-server.ts';
import { Disposals } from '../../src/demo/disposals.ts';
import { listenOnLoopback } from '../../src/demo/listen-https.ts';
import { requireAgent as requireAgentInExpress } from '../../src/verifier/adapters/express.ts';
import {
  type AgentVariables,
  requireAgent as requireAgentInHono,
} from '../../src/verifier/adapters/hono.ts';
import { createVerifier } from '../../src/verifier/index.ts';
import type { Verifier } from '../../src/verifier/ports.ts';
import {
  type AgentWorld,
  startAgentWorld,
  testCertificates,
  type WorldAgent,
} from '../support/agent-world.ts';
import { assertionOf, startBetterAuth } from '../support/better-auth-place.ts';
import { startMcpAuthorizationServer } from '../support/mcp-authorization-server.ts';
import { fetchByPublicName } from '../support/public-names.ts';

const scope = 'read:logs/production';
const papers = { handle: 'triage-bot', authorizedScopes: [scope] } as const;

/** A server that lets agents in by their papers. */
interface Door extends AsyncDisposable {
  /** What it says to an agent that asks for what its papers permit. */
  ask(agent: WorldAgent): Promise<string>;
}

/** How each server says yes, no, and that it does not know. */
interface Adapter {
  readonly open: (verifier: Verifier) => Promise<Door>;
  readonly yes: string;
  readonly no: string;
  /** Unless it says the same to an agent that it never let in. */
  readonly noAtFirst?: string;
  readonly unknown: string;
}

async function openExpress(verifier: Verifier): Promise<Door> {
  const app = express();
  const clientId = (request: Request) => request.get('x-client');
  app.use(requireAgentInExpress(verifier, { clientId, action: scope }));
  app.get('/', (_request, response) => void response.json({ code: 'served' }));
  const server = createServer(app);
  const url = `http://127.0.0.1:${await listenOnLoopback(server)}`;
  return { ask: askPlainly(url), [Symbol.asyncDispose]: async () => void server.close() };
}

async function openHono(verifier: Verifier): Promise<Door> {
  type AppEnv = { Variables: AgentVariables };
  const app = new Hono<AppEnv>();
  const clientId = (context: Context<AppEnv>) => context.req.header('x-client');
  app.use(requireAgentInHono(verifier, { clientId, action: scope }));
  app.get('/', (context) => context.json({ code: 'served' }));
  return new Promise((opened) => {
    const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) =>
      opened({
        ask: askPlainly(`http://127.0.0.1:${port}`),
        [Symbol.asyncDispose]: async () => void server.close(),
      }),
    );
  });
}

function askPlainly(url: string): Door['ask'] {
  return async ({ clientId }) => {
    const response = await fetch(url, {
      headers: { 'x-client': clientId, connection: 'close' },
    });
    const { code } = (await response.json()) as { readonly code: string };
    return `${response.status} ${code}`;
  };
}

async function openMcp(verifier: Verifier): Promise<Door> {
  const server = await startMcpAuthorizationServer(verifier);
  return {
    ask: async (agent) => {
      const { status, error, scope: granted } = await server.obtainToken(agent, scope);
      return `${status} ${error ?? granted}`;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** The same, asked with a token that it issued while it knew no more than at first. */
async function openMcpResource(verifier: Verifier): Promise<Door> {
  const server = await startMcpAuthorizationServer(verifier);
  const tokens = new Map<string, unknown>();
  return {
    ask: async (agent) => {
      const { clientId } = agent;
      if (!tokens.has(clientId)) {
        const { status, error, body } = await server.obtainToken(agent, scope);
        if (error !== undefined) return `${status} ${error}`;
        tokens.set(clientId, body['access_token']);
      }
      const { status, error } = await server.call(tokens.get(clientId));
      return `${status} ${error ?? 'served'}`;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function openOidcProvider(verifier: Verifier): Promise<Door> {
  const resource = 'https://logs.acme.com/mcp';
  const server = await startAuthorizationServer({
    certificates: testCertificates(),
    verifier,
    resources: new Map([[resource, [scope]]]),
    onVerdict: () => undefined,
    checksPapers: true,
  });
  return {
    ask: async (agent) => {
      const grant = {
        grant_type: 'client_credentials',
        client_id: agent.clientId,
        scope,
        resource,
      };
      const proof = await assertionOf(agent, server.issuer);
      const body = new URLSearchParams({ ...grant, ...proof });
      const response = await fetch(`${server.issuer}/token`, { method: 'POST', body });
      const said = (await response.json()) as { readonly error?: string; readonly scope?: string };
      return `${response.status} ${said.error ?? said.scope}`;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function openBetterAuth(verifier: Verifier): Promise<Door> {
  const server = await startBetterAuth(verifier, { scopes: [scope], machineScopes: [scope] });
  return {
    ask: async (agent) => {
      const grant = { grant_type: 'client_credentials', scope };
      const { status, error, scope: granted } = await server.post('/oauth2/token', agent, grant);
      return `${status} ${error ?? granted}`;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const issued = {
  yes: `200 ${scope}`,
  no: '400 invalid_client',
  unknown: '400 temporarily_unavailable',
};
const served = { yes: '200 served', no: '403 agent-refused', unknown: '503 agent-undetermined' };

const adapters: readonly (readonly [string, Adapter])[] = [
  ['Express', { open: openExpress, ...served }],
  ['Hono', { open: openHono, ...served }],
  ["the MCP SDK's authorization server", { open: openMcp, ...issued }],
  [
    "the MCP SDK's bearer check",
    {
      ...served,
      open: openMcpResource,
      no: '401 invalid_token',
      noAtFirst: issued.no,
      unknown: issued.unknown,
    },
  ],
  [
    'node-oidc-provider',
    { open: openOidcProvider, ...issued, unknown: '503 temporarily_unavailable' },
  ],
  ['better-auth', { open: openBetterAuth, ...issued, unknown: '503 temporarily_unavailable' }],
];

let disposals: Disposals;
let world: AgentWorld;
let elsewhere: AgentWorld;
let agent: WorldAgent;
let verifier: Verifier;
let aheadMs: number;

beforeEach(async () => {
  disposals = new Disposals();
  // Some servers take no client_id on loopback.
  world = disposals.use(await startAgentWorld({ origin: 'https://id.acme.com' }));
  elsewhere = disposals.use(await startAgentWorld({ origin: 'https://id.other.com' }));
  agent = await world.publish(papers);
  aheadMs = 0;
  verifier = createVerifier({
    fetch: fetchByPublicName(
      new Map([world, elsewhere].map(({ origin, address }) => [origin, address])),
    ),
    policy: { mode: 'enforce', trust: [world.trust] },
    clock: () => Date.now() + aheadMs,
  });
});

afterEach(() => disposals[Symbol.asyncDispose]());

function askedForDocument(): number {
  return world.requests.filter((path) => path === '/a/triage-bot/client.json').length;
}

describe.each(adapters)('%s', (_name, { open, yes, no, noAtFirst, unknown }) => {
  let door: Door;

  beforeEach(async () => {
    door = disposals.use(await open(verifier));
  });

  it('admits an agent in good standing', async () => {
    expect(await door.ask(agent)).toBe(yes);
    expect(await door.ask(agent)).toBe(yes);
    expect(askedForDocument()).toBe(1);
  });

  it('refuses one that was revoked, although its document says nothing of it', async () => {
    expect(await door.ask(agent)).toBe(yes);
    await world.mark(agent, 'revocation', true);
    // Status lists are read anew after 30 s, documents after 300 s.
    expect(await door.ask(agent)).toBe(yes);
    aheadMs = 31_000;
    expect(await door.ask(agent)).toBe(no);
  });

  it('refuses one of an issuer that is not in the policy, and asks that issuer nothing', async () => {
    const stranger = await elsewhere.publish(papers);
    expect(await door.ask(stranger)).toBe(noAtFirst ?? no);
    expect(elsewhere.requests).toEqual([]);
  });

  it('admits it by fresh copies while the registry is down, and then does not know', async () => {
    expect(await door.ask(agent)).toBe(yes);
    const mend = world.breakBelow('/');
    expect(await door.ask(agent)).toBe(yes);
    aheadMs = 45_000;
    expect(await door.ask(agent)).toBe(yes);
    aheadMs = 75_000;
    expect(await door.ask(agent)).toBe(unknown);
    mend();
    expect(await door.ask(agent)).toBe(yes);
  });
});
