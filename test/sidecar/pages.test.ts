import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { hooks } from '../../src/sidecar/hooks.ts';
import type { RawRequest } from '../support/raw-request.ts';
import {
  revoke,
  sidecarToken,
  startTestSidecar,
  type TestSidecar,
  takeRegistryDown,
} from './support/running-sidecar.ts';

const folder = resolve(import.meta.dirname, '../../docs/run-an-as');
/** Pages about servers that ask the verifier in their own process, each run by a test of its own. */
const inProcess = [
  'better-auth.md',
  'events.md',
  'express.md',
  'hono.md',
  'mcp-sdk.md',
  'node-oidc-provider.md',
];
/** Pages about no product in particular. */
const withoutSource = ['allow-list.md', 'anything-else.md'];
const pages = readdirSync(folder)
  .filter((name) => name !== 'README.md' && !inProcess.includes(name))
  .sort();
const textOf = (page: string) => readFileSync(join(folder, page), 'utf8');

interface Message {
  readonly start: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One exchange of a page, below the heading that says how things stand. */
interface Exchange {
  readonly heading: string;
  readonly request: Message;
  readonly response: Message;
}

function blocksOf(text: string, language: string): string[] {
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    .filter(([, found]) => found === language)
    .map(([, , block = '']) => block);
}

function messageOf(block: string): Message {
  const [head = '', body = ''] = block.split(/\n\n([\s\S]*)/);
  const [start = '', ...lines] = head.trimEnd().split('\n');
  const headers = lines.map((line) => line.split(/: (.*)/).slice(0, 2));
  return { start, headers: Object.fromEntries(headers), body: body.trim() };
}

function exchangesOf(page: string): Exchange[] {
  return textOf(page)
    .split(/^### /m)
    .slice(1)
    .map((section) => {
      const [heading = ''] = section.split('\n');
      const [request = '', response = '', ...more] = blocksOf(section, 'http');
      expect(more, `${page}: ${heading}`).toEqual([]);
      return { heading, request: messageOf(request), response: messageOf(response) };
    });
}

/** How things stand under each heading. */
const standings: Readonly<Record<string, (sidecar: TestSidecar) => unknown>> = {
  'In order': () => undefined,
  Revoked: ({ world }) => revoke(world),
  'Registry down': ({ world }) => takeRegistryDown(world),
  'More than its papers permit': () => undefined,
  'A caller without the token': () => undefined,
  'A request that says nothing': () => undefined,
};

/** The table of clients that a page shows, if it shows one. */
function clientsIn(page: string): ReadonlyMap<string, string> {
  const table = blocksOf(textOf(page), 'yaml').find((block) => block.startsWith('# clients.yaml'));
  return new Map(Object.entries(table === undefined ? {} : parse(table)));
}

const withoutIds = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value).replaceAll(/rpt_[0-9a-f]{32}/g, 'rpt_…'));

const running: TestSidecar[] = [];

afterEach(async () => {
  for (const sidecar of running.splice(0)) await sidecar[Symbol.asyncDispose]();
});

async function startFor(page: string): Promise<TestSidecar> {
  const clients = clientsIn(page);
  const sidecar = await startTestSidecar({ clientIds: () => clients });
  running.push(sidecar);
  return sidecar;
}

const exchanges = pages.flatMap((page) =>
  exchangesOf(page).map((exchange) => [page, exchange.heading, exchange] as const),
);

describe('the pages for operators', () => {
  it.each(exchanges)('%s, %s: what is shown is what happens', async (page, heading, exchange) => {
    const { request, response } = exchange;
    const sidecar = await startFor(page);
    const arrange = standings[heading];
    expect(arrange, `a standing for "${heading}"`).toBeDefined();
    await arrange?.(sidecar);
    const [method = '', target = '', version] = request.start.split(' ');
    expect(version).toBe('HTTP/1.1');
    const authorization = request.headers['Authorization']?.replace('{token}', sidecarToken) ?? '';
    const sent: RawRequest = {
      method,
      headers: { ...request.headers, Authorization: authorization },
      body: request.body,
    };
    const answer = await sidecar.send(target, sent);
    expect(response.start).toMatch(new RegExp(`^HTTP/1.1 ${answer.status} `));
    for (const [name, value] of Object.entries(response.headers)) {
      expect(withoutIds(answer.headers[name.toLowerCase()])).toBe(value);
    }
    const shown = response.body === '' ? '' : JSON.parse(response.body);
    // The report is shown in part, which its page says.
    if (answer.status === 200 && page === 'anything-else.md') {
      expect(withoutIds(answer.body)).toMatchObject(shown);
    } else {
      expect(withoutIds(answer.body)).toEqual(shown);
    }
  });

  it('show every route at least twice, and once accepted', () => {
    for (const { path } of hooks) {
      const own = exchanges.filter(([, , { request }]) => request.start.includes(` ${path}`));
      expect(own.length, path).toBeGreaterThanOrEqual(2);
      expect(own.map(([, heading]) => heading)).toContain('In order');
    }
  });

  it.each([...pages, ...inProcess])('%s is named by the overview', (page) => {
    expect(textOf('README.md')).toContain(`[${page}](${page})`);
  });

  it.each(pages.filter((page) => !withoutSource.includes(page)))(
    '%s says what it was written from, and that it was not run',
    (page) => {
      const text = textOf(page).replaceAll('\n', ' ');
      expect(text).toContain('Written from');
      expect(text).toMatch(/[Nn]ot run against/);
    },
  );

  it('show configuration of Envoy that is YAML', () => {
    const [config = ''] = blocksOf(textOf('envoy.md'), 'yaml');
    expect(parse(config)).toMatchObject({
      http_filters: [{}, {}, { name: 'envoy.filters.http.ext_authz' }],
    });
  });

  it('show the schema of the decision log as it is', async () => {
    const sidecar = await startFor('okta.md');
    await sidecar.post('/hooks/keycloak', { clientId: sidecar.world.clientId });
    const [shown = ''] = blocksOf(textOf('README.md'), 'json');
    expect(Object.keys(JSON.parse(shown))).toEqual(Object.keys(sidecar.decisions()[0] ?? {}));
  });

  it('list every option of the command', async () => {
    const { verifierServe } = await import('../../src/cli/verifier-serve.ts');
    for (const { form } of verifierServe.options ?? []) {
      expect(textOf('README.md')).toContain(`| \`${form}\` |`);
    }
  });

  it('list every option of sync', async () => {
    const { sync } = await import('../../src/cli/sync.ts');
    for (const { form } of sync.options ?? [])
      expect(textOf('sync.md')).toContain(`| \`${form}\` |`);
  });

  it('list every metric', async () => {
    const sidecar = await startFor('okta.md');
    const { body } = await sidecar.send('/metrics');
    for (const [, name] of String(body).matchAll(/^# TYPE (\S+)/gm)) {
      expect(textOf('README.md')).toContain(`\`${name}\``);
    }
  });
});

describe('the Action for Auth0', () => {
  type Deny = readonly [code: string, reason: string];

  /** Runs the Action of the page as Auth0 would: a CommonJS module with `exports`. */
  async function exchange(sidecar: TestSidecar, clientId: string, scope: readonly string[]) {
    const [code = ''] = blocksOf(textOf('auth0.md'), 'js');
    const denied: Deny[] = [];
    const exported: Record<string, (event: object, api: object) => Promise<void>> = {};
    new Function('exports', code)(exported);
    await exported['onExecuteCredentialsExchange']?.(
      {
        client: { client_id: clientId, name: 'Billing Bot', metadata: {} },
        accessToken: { customClaims: {}, scope },
        secrets: { SIDECAR_URL: sidecar.url, SIDECAR_TOKEN: sidecarToken },
      },
      { access: { deny: (...reasons: Deny) => denied.push(reasons) } },
    );
    return denied;
  }

  it('lets pass an agent whose papers are in order', async () => {
    const sidecar = await startFor('auth0.md');
    expect(await exchange(sidecar, sidecar.world.clientId, ['read:logs/production'])).toEqual([]);
    expect(sidecar.lines).toHaveLength(1);
  });

  it('denies one that is revoked', async () => {
    const sidecar = await startFor('auth0.md');
    await revoke(sidecar.world);
    expect(await exchange(sidecar, sidecar.world.clientId, [])).toEqual([
      ['invalid_request', expect.stringContaining('status-revoked')],
    ]);
  });

  it('denies when the sidecar refuses its request', async () => {
    const sidecar = await startFor('auth0.md');
    const scope = { not: 'an array' } as unknown as string[];
    expect(await exchange(sidecar, sidecar.world.clientId, scope)).toEqual([
      ['server_error', 'The sidecar gave no answer.'],
    ]);
  });

  it('leaves clients alone that are no agents', async () => {
    const sidecar = await startFor('auth0.md');
    expect(await exchange(sidecar, 'dGhpc2lzbm90YXVybA', [])).toEqual([]);
    expect(sidecar.lines).toEqual([]);
  });
});
