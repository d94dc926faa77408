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

/** What a block of code on the page exports, run against the built verifier. */
async function runBlock<Exported>(start: string): Promise<Exported> {
  const blocks = [...page.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
  const block = blocks.find((one) => one.includes(start)) ?? '';
  const built = (path: string) =>
    pathToFileURL(resolve(import.meta.dirname, '../../dist', path)).href;
  const code = block
    .replaceAll("'sealwright/verifier'", `'${built('verifier/index.js')}'`)
    .replaceAll("'sealwright/verifier/node'", `'${built('verifier/node/index.js')}'`)
    .replaceAll(
      "'sealwright/verifier/oidc-provider'",
      `'${built('verifier/adapters/oidc-provider.js')}'`,
    )
    .replaceAll("'oidc-provider'", `'${import.meta.resolve('oidc-provider')}'`);
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
) => Promise<void>;

describe('the page for operators of node-oidc-provider', () => {
  it('shows a consent screen that names the host first and shows what was narrowed', async () => {
    const { showConsent } = await runBlock<{ readonly showConsent: ShowConsent }>('showConsent');
    await using asking = await startAgentServer(server.verifier, {
      page: (provider, request, response) =>
        showConsent(provider, server.verifier, request, response),
    });
    const name = 'triage-bot';
    const agent = await world.publish(papers);
    const { clientId, redirectUri } = agent;
    const query = { client_id: clientId, response_type: 'code', redirect_uri: redirectUri };
    const begun = await fetch(
      `${asking.provider.issuer}/auth?${new URLSearchParams({ ...query, scope, resource })}`,
      { redirect: 'manual' },
    );
    const cookie = begun.headers.getSetCookie().map((one) => one.split(';')[0]);
    const shown = await fetch(
      new URL(begun.headers.get('location') ?? '', asking.provider.issuer),
      { headers: { cookie: cookie.join('; ') } },
    );
    const html = await shown.text();
    const host = new URL(world.origin).host;
    expect(shown.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(html).toContain(`<p class="sealwright-consent-host"><bdi>${host}</bdi></p>`);
    expect(html.indexOf('sealwright-consent-host')).toBeLessThan(html.indexOf(name));
    expect(html).toContain(`<dt>Vouched for by</dt><dd><bdi>${host}</bdi></dd>`);
    expect(html).toContain(
      '<dt>May</dt><dd><ul><li><bdi>read logs/production</bdi></li></ul></dd>',
    );
    expect(html).not.toContain('logs/pii');
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

  it('shows the call around the configuration, with options that exist', async () => {
    const [block = ''] = page.match(/(?<=```js\n)import Provider[\s\S]*?(?=```)/) ?? [];
    const names = [...block.matchAll(/^ {2}(\w+):/gm)].map(([, name]) => name);
    const listed = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
    for (const option of ['ownScopes', 'registerAgents', 'onVerdict']) {
      expect([names.includes(option), listed.includes(option)]).toEqual([true, true]);
    }
    const given = 'const issuer = "https://as.example"; const log = () => undefined;';
    const configuration = 'const configuration = { adapter: class { find() {} } };';
    const { started } = await runSnippet(`${given}${configuration}\n${block}`);
    expect(started).toBe('https://as.example');
  });
});

/** Runs the first block of the page as it is. */
async function runSnippet(code: string): Promise<{ readonly started: string }> {
  const root = resolve(import.meta.dirname, '../..');
  const program = `${code}\nconsole.log(provider.issuer);`;
  const said = await new Promise<string>((done, fail) => {
    const args = ['--input-type=module', '-e', program];
    execFile(process.execPath, args, { cwd: root }, (error, stdout) =>
      error ? fail(error) : done(stdout),
    );
  });
  return { started: said.trim() };
}
