import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { importJWK } from 'jose';
import type { Configuration, Provider } from 'oidc-provider';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createVerifier } from '../../src/verifier/create-verifier.ts';
import { guardedFetch } from '../../src/verifier/node/guarded-fetch.ts';
import type { Verifier } from '../../src/verifier/ports.ts';
import {
  type AgentServer,
  type Answer,
  type Asking,
  plainConfiguration,
  resource,
  startAgentServer,
} from '../support/agent-server.ts';
import { type AgentWorld, startAgentWorld, type WorldAgent } from '../support/agent-world.ts';
import { asInstalled } from '../support/installed-verifier.ts';

const papers = { handle: 'triage-bot', authorizedScopes: ['read:logs/production'] } as const;
const scope = 'read:logs/production read:logs/pii';

let world: AgentWorld;
let server: AgentServer;
/** How far the verifier's clock is ahead, in milliseconds. */
let aheadMs: number;

beforeEach(async () => {
  aheadMs = 0;
  world = await startAgentWorld();
  const verifier = createVerifier({
    fetch: guardedFetch({ allowLoopback: true }),
    clock: () => Date.now() + aheadMs,
    policy: { mode: 'enforce', trust: [world.trust], status: { maxAgeS: 60 } },
  });
  server = await startAgentServer(verifier, { options: { registerAgents: true } });
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

async function askingAs(agent: WorldAgent, clientId: string = agent.clientId): Promise<Asking> {
  return { clientId, key: await importJWK(agent.privateJwk, 'ES256') };
}

/** The software statement of an agent: the passport in its document. */
function statementOf(from: AgentWorld): unknown {
  return from.documentAt('/a/triage-bot/client.json')['vc+jwt'];
}

async function askForToken(agent: WorldAgent, clientId?: string): Promise<Answer> {
  const form = { grant_type: 'client_credentials', scope, resource };
  return server.postAs(await askingAs(agent, clientId), '/token', form);
}

async function push(agent: WorldAgent): Promise<Answer> {
  const { clientId, redirectUri } = agent;
  const form = { client_id: clientId, response_type: 'code', redirect_uri: redirectUri, scope };
  return server.postAs(await askingAs(agent), '/request', { ...form, resource });
}

function register(statement: unknown): Promise<Answer> {
  return server.postJson('/reg', { software_statement: statement });
}

interface Way {
  readonly name: string;
  /** What an agent does once; gives what it does from then on. */
  readonly begin: (agent: WorldAgent) => Promise<() => Promise<Answer>>;
  readonly admitted: number;
  /** What an agent of another issuer meets. */
  readonly stranger: (agent: WorldAgent, elsewhere: AgentWorld) => Promise<Answer>;
  readonly strangersError: readonly [status: number, error: string];
}

const ways: readonly Way[] = [
  {
    name: 'by its metadata document',
    begin: (agent) => Promise.resolve(() => askForToken(agent)),
    admitted: 200,
    stranger: (agent) => askForToken(agent),
    strangersError: [400, 'invalid_client'],
  },
  {
    name: 'by registration',
    begin: async (agent) => {
      const { status, json } = await register(statementOf(world));
      expect(status).toBe(201);
      return () => askForToken(agent, String(json['client_id']));
    },
    admitted: 200,
    stranger: (_agent, elsewhere) => register(statementOf(elsewhere)),
    strangersError: [400, 'unapproved_software_statement'],
  },
  {
    name: 'by pushed requests',
    begin: (agent) => Promise.resolve(() => push(agent)),
    admitted: 201,
    stranger: (agent) => push(agent),
    strangersError: [400, 'invalid_client'],
  },
];

function shortOf({ status, json }: Answer) {
  return [status, json['error']];
}

describe.each(ways)('an agent at node-oidc-provider, $name', (way) => {
  it('is admitted, and refused once revoked, while the document is cached', async () => {
    const agent = await world.publish(papers);
    const ask = await way.begin(agent);
    expect(shortOf(await ask())).toEqual([way.admitted, undefined]);
    await world.mark(agent, 'revocation', true);
    for (const url of world.lists) server.verifier.invalidate(url);
    expect(shortOf(await ask())).toEqual([400, 'invalid_client']);
    expect(server.verdicts.at(-1)?.verdict.reason).toBe('status-revoked');
  });

  it('of an issuer that nobody trusts is refused, and nothing is fetched from it', async () => {
    await using elsewhere = await startAgentWorld();
    const stranger = await elsewhere.publish(papers);
    expect(shortOf(await way.stranger(stranger, elsewhere))).toEqual(way.strangersError);
    expect(server.verdicts.at(-1)?.verdict.reason).toBe('issuer-not-trusted');
    expect(elsewhere.requests).toEqual([]);
  });

  it('goes on while its registry is down, for as long as the policy lets status age', async () => {
    const agent = await world.publish(papers);
    const ask = await way.begin(agent);
    await ask();
    const mend = world.breakBelow('/');
    expect(shortOf(await ask())).toEqual([way.admitted, undefined]);
    aheadMs = 50_000;
    expect(shortOf(await ask())).toEqual([way.admitted, undefined]);
    aheadMs = 70_000;
    expect(shortOf(await ask())).toEqual([503, 'temporarily_unavailable']);
    mend();
    expect(shortOf(await ask())).toEqual([way.admitted, undefined]);
  });
});

const page = readFileSync(
  resolve(import.meta.dirname, '../../docs/run-an-as/node-oidc-provider.md'),
  'utf8',
);

/** The first block of code on the page that has this text. */
function blockWith(text: string): string {
  const blocks = [...page.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
  const found = blocks.find((one) => one.includes(text)) ?? '';
  expect(found, text).not.toBe('');
  return found;
}

/** What a block of code on the page exports, run against the built verifier. */
async function runBlock<Exported>(start: string): Promise<Exported> {
  const built = (path: string) =>
    pathToFileURL(resolve(import.meta.dirname, '../../dist/verifier', path)).href;
  const code = blockWith(start)
    .replaceAll("'@sealwright/verifier'", `'${built('index.js')}'`)
    .replaceAll("'@sealwright/verifier/oidc-provider'", `'${built('adapters/oidc-provider.js')}'`);
  const folder = mkdtempSync(join(tmpdir(), 'sealwright-page-'));
  try {
    writeFileSync(join(folder, 'block.mjs'), code);
    return await import(/* @vite-ignore */ pathToFileURL(join(folder, 'block.mjs')).href);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type ShowConsent = (
  provider: Provider,
  verifier: Verifier,
  request: IncomingMessage,
  response: ServerResponse,
  showOwnScreen: (request: IncomingMessage, response: ServerResponse) => void,
) => Promise<void>;

/** A server that asks people by the page's code, with a client of its own beside the agents. */
async function startAsking(): Promise<AgentServer> {
  const { showConsent } = await runBlock<{ readonly showConsent: ShowConsent }>('showConsent');
  const own = { client_id: 'shop', redirect_uris: ['https://shop.example/back'] };
  const clients = [{ ...own, token_endpoint_auth_method: 'none' as const }];
  return startAgentServer(server.verifier, {
    configuration: { clients },
    page: (provider, request, response) =>
      showConsent(provider, server.verifier, request, response, (_request, plain) =>
        plain.end('the usual screen'),
      ),
  });
}

/** Asks for a code as this client; what the person is shown, once `before` has happened. */
async function screenFor(
  asking: AgentServer,
  query: Record<string, string>,
  before = async (): Promise<void> => undefined,
): Promise<{ readonly status: number; readonly policy: string | null; readonly html: string }> {
  const { issuer } = asking.provider;
  const whole = new URLSearchParams({ response_type: 'code', resource, ...query });
  const begun = await fetch(`${issuer}/auth?${whole}`, { redirect: 'manual' });
  const cookie = begun.headers.getSetCookie().map((one) => one.split(';')[0]);
  await before();
  const shown = await fetch(new URL(begun.headers.get('location') ?? '', issuer), {
    headers: { cookie: cookie.join('; ') },
  });
  const policy = shown.headers.get('content-security-policy');
  return { status: shown.status, policy, html: await shown.text() };
}

describe('the page for operators of node-oidc-provider', () => {
  it('shows a consent screen that names the host first and shows what was narrowed', async () => {
    await using asking = await startAsking();
    const { clientId, redirectUri } = await world.publish(papers);
    const query = { client_id: clientId, redirect_uri: redirectUri, scope };
    const { status, policy, html } = await screenFor(asking, query);
    const host = new URL(world.origin).host;
    expect(status).toBe(200);
    expect(policy).toBe("default-src 'none'; frame-ancestors 'none'");
    expect(html).toContain(`<p class="sealwright-consent-host"><bdi>${host}</bdi></p>`);
    expect(html.indexOf('sealwright-consent-host')).toBeLessThan(html.indexOf('triage-bot'));
    expect(html).toContain(`<dt>Vouched for by</dt><dd><bdi>${host}</bdi></dd>`);
    expect(html).toContain(
      '<dt>May</dt><dd><ul><li><bdi>read logs/production</bdi></li></ul></dd>',
    );
    expect(html).not.toContain('logs/pii');
    expect(html).toContain('<button name="decision" value="allow">Allow</button>');
    expect(html).toContain('<button name="decision" value="deny">Deny</button>');
  });

  it('shows no form for an agent that is refused when the screen is opened', async () => {
    await using asking = await startAsking();
    const agent = await world.publish(papers);
    const query = { client_id: agent.clientId, redirect_uri: agent.redirectUri, scope };
    const { status, html } = await screenFor(asking, query, async () => {
      await world.mark(agent, 'revocation', true);
      for (const url of world.lists) server.verifier.invalidate(url);
    });
    expect(status).toBe(200);
    expect(html).toContain('data-outcome="rejected"');
    expect(html).not.toContain('<form');
    expect(html).not.toContain('<button');
  });

  it("shows the operator's own screen for a client that is no agent", async () => {
    await using asking = await startAsking();
    const query = { client_id: 'shop', redirect_uri: 'https://shop.example/back' };
    const pkce = { code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM' };
    const asked = { ...query, ...pkce, code_challenge_method: 'S256', scope: 'openid' };
    expect((await screenFor(asking, asked)).html).toBe('the usual screen');
  });

  it('shows a configuration of authorization details that the server takes', async () => {
    const { rich } = await runBlock<{ readonly rich: Configuration }>('export const rich');
    const configuration = await plainConfiguration(new Map());
    Object.assign(configuration.features ?? {}, rich.features);
    Object.assign(configuration.clientDefaults ?? {}, rich.clientDefaults);
    await using running = await startAgentServer(server.verifier, { configuration });
    const agent = await world.publish(papers);
    const details = JSON.stringify([{ type: 'tickets', actions: ['open'] }]);
    const form = { grant_type: 'client_credentials', scope, resource };
    const answer = await running.postAs(await askingAs(agent), '/token', {
      ...form,
      authorization_details: details,
    });
    expect(shortOf(answer)).toEqual([200, undefined]);
    expect(answer.json['authorization_details']).toBeUndefined();
  });

  it('shows calls around the configuration, with options that exist', async () => {
    const block = `${blockWith('import Provider')}\n${blockWith('registerAgents: true')}`;
    const names = [...block.matchAll(/\b(\w+):/gm)].map(([, name]) => name);
    const listed = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
    for (const option of ['ownScopes', 'registerAgents', 'onVerdict']) {
      expect([names.includes(option), listed.includes(option)]).toEqual([true, true]);
    }
    const yours = `const issuer = 'https://as.example'; const configuration = {};
      const adapter = class { find() {} };`;
    const said = 'console.log(provider.issuer, open.features.registration.enabled);';
    expect(await outputOf(`${yours}\n${block}\n${said}`)).toBe('https://as.example true');
  });

  it('shows a line of JSON for a verdict, with the checks that failed', async () => {
    const verdict = {
      ...{ outcome: 'rejected', reason: 'status-revoked', granted: [], withheld: ['read:x'] },
      report: {
        checks: [
          { id: 'a', outcome: 'pass', evidence: {}, fix: null },
          { id: 'b', outcome: 'fail', evidence: { index: 7 }, fix: 'mend it' },
          { id: 'c', outcome: 'undetermined', evidence: {}, fix: null },
        ],
      },
    };
    const use = { clientId: 'https://a.example/', allowed: false, differing: [] };
    const given = blockWith('onVerdict').match(/(?<=onVerdict: )[\s\S]*?\n {2}\}(?=,\n)/)?.[0];
    const program = `(${given})(${JSON.stringify(verdict)}, ${JSON.stringify(use)})`;
    const line = await outputOf(program);
    expect(line).not.toContain('\n');
    expect(JSON.parse(line)).toEqual({
      ...use,
      ...{ outcome: 'rejected', reason: 'status-revoked', granted: [], withheld: ['read:x'] },
      failed: [
        { id: 'b', evidence: { index: 7 }, fix: 'mend it' },
        { id: 'c', evidence: {}, fix: null },
      ],
    });
  });

  it('says that an exception in onVerdict ends the request with 500', async () => {
    const onVerdict = () => {
      throw new Error('the log is full');
    };
    await using running = await startAgentServer(server.verifier, { options: { onVerdict } });
    const asking = await askingAs(await world.publish(papers));
    const form = { grant_type: 'client_credentials', scope, resource };
    const answer = await running.postAs(asking, '/token', form);
    expect(shortOf(answer)).toEqual([500, 'server_error']);
  });

  it('says that a request for nothing but withheld scopes gets a token without any', async () => {
    const agent = await world.publish(papers);
    const form = { grant_type: 'client_credentials', scope: 'read:logs/pii', resource };
    const { status, json } = await server.postAs(await askingAs(agent), '/token', form);
    expect([status, typeof json['access_token'], json['scope']]).toEqual([
      200,
      'string',
      undefined,
    ]);
  });
});

/** Runs a program as somebody does who pasted it, where the packages of this project are. */
async function outputOf(program: string): Promise<string> {
  const root = resolve(import.meta.dirname, '../..');
  return new Promise<string>((done, fail) => {
    const args = ['--input-type=module', '-e', asInstalled(program)];
    execFile(process.execPath, args, { cwd: root }, (error, stdout) =>
      error ? fail(error) : done(stdout.trim()),
    );
  });
}
