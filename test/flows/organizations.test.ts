import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readSettings } from '../../src/config/settings.ts';
import { createReplica, type Replica } from '../../src/replica.ts';
import { createVerifier } from '../../src/verifier/index.ts';
import { guardedFetch } from '../../src/verifier/node/index.ts';
import { rawRequest } from '../support/raw-request.ts';
import { runRecorded } from '../support/recording-terminal.ts';
import { type RunningService, startRunningService } from '../support/running-service.ts';

/** An organization, its first token, and the host that it is served at. */
interface Issuer {
  readonly baseUrl: string;
  readonly did: string;
  readonly token: string;
  readonly host: string;
}

const onboarding = {
  ...{ handle: 'bot', kind: 'agent', name: 'Bot', owners: ['lead@acme.com'] },
  keyCustody: 'registry',
};
const readsLogs = { actions: [{ action: 'read', resource: 'logs' }] };

let running: RunningService;
let replica: Replica;
let port: string;
let acme: Issuer;
let pay: Issuer;
let lab: Issuer;

beforeAll(async () => {
  running = await startRunningService();
  ({ port } = new URL(running.url));
  replica = await startReplica();
  const { did } = running.service.organization;
  acme = { baseUrl: running.url, did, token: running.token, host: `localhost:${port}` };
  pay = await found({ name: 'Payments', path: 'pay' });
  lab = await found({ name: 'Lab', baseUrl: `http://id.lab.localhost:${port}` });
  for (const { token } of [acme, pay, lab]) {
    expect((await running.call('POST', '/agents', onboarding, token)).status).toBe(201);
  }
}, 60_000);

afterAll(async () => {
  await replica?.[Symbol.asyncDispose]();
  await running?.[Symbol.asyncDispose]();
});

/** A process that serves documents and nothing else, started before any other organization is. */
async function startReplica(): Promise<Replica> {
  const settings = readSettings({
    SEALWRIGHT_ROLE: 'public',
    SEALWRIGHT_URL: running.url,
    SEALWRIGHT_LISTEN: '127.0.0.1:0',
    SEALWRIGHT_LOG_LEVEL: 'silent',
    DATABASE_URL: running.connectionString,
  });
  if (!settings.ok) throw new Error(JSON.stringify(settings.faults));
  return createReplica(settings.value);
}

async function found(place: object): Promise<Issuer> {
  const order = { contact: 'platform@acme.com', ...place };
  const { status, body } = await running.call('POST', '/organizations', order);
  expect([status, body]).toMatchObject([201, { contact: 'platform@acme.com' }]);
  const baseUrl = String(body['baseUrl']);
  const { host } = new URL(baseUrl);
  return { baseUrl, did: String(body['did']), token: String(body['token']), host };
}

/** What is served at a target for a Host header, by the registry or by the replica. */
async function served(host: string, target: string, address = running.url) {
  const { status, body } = await rawRequest(address.replace('localhost', '127.0.0.1'), target, {
    headers: { host },
  });
  return { status, text: body.toString() };
}

async function issue(by: Issuer): Promise<string> {
  const order = { type: 'allowed-actions', claims: readsLogs, reason: 'CHG-1' };
  const { status, body } = await running.call('POST', '/agents/bot/credentials', order, by.token);
  expect(status).toBe(201);
  return String(body['id']);
}

async function judge({ baseUrl, did }: Issuer, trusted: Issuer) {
  const trust = {
    issuer: trusted.did,
    clientIds: [`${trusted.baseUrl}/a/`],
    credentialTypes: ['AgentAuthorizationCredential'],
  };
  const verifier = createVerifier({
    fetch: guardedFetch({ allowLoopback: true }),
    policy: { mode: 'enforce', trust: [trust] },
  });
  const verdict = await verifier.verifyClient(`${baseUrl}/a/bot/client.json`);
  return [verdict.outcome, verdict.reason, verdict.report.issuer?.did === did];
}

describe('organizations of one installation', () => {
  it('have a base URL and a DID each, below the origin or at a host of their own', async () => {
    expect([pay.baseUrl, pay.did]).toEqual([
      `${running.url}/o/pay`,
      `did:web:localhost%3A${port}:o:pay`,
    ]);
    expect([lab.baseUrl, lab.did]).toEqual([
      `http://id.lab.localhost:${port}`,
      `did:web:id.lab.localhost%3A${port}`,
    ]);
  });

  it('are accepted by a verifier that trusts them, each from its own address', async () => {
    for (const issuer of [acme, pay, lab]) {
      expect(await judge(issuer, issuer)).toEqual(['accepted', null, true]);
    }
  });

  it('vouch for nobody but their own agents', async () => {
    for (const [issuer, trusted] of [
      [acme, lab],
      [lab, acme],
      [pay, acme],
      [acme, pay],
    ] as const) {
      const [outcome] = await judge(issuer, trusted);
      expect([issuer.did, trusted.did, outcome]).toEqual([issuer.did, trusted.did, 'rejected']);
    }
  });

  it('publish at the same path of two hosts what is theirs', async () => {
    for (const target of ['/.well-known/did.json', '/a/bot/client.json', '/jwks.json']) {
      const [ours, theirs] = [await served(acme.host, target), await served(lab.host, target)];
      expect([target, ours.status, theirs.status]).toEqual([target, 200, 200]);
      expect(theirs.text).not.toBe(ours.text);
    }
    expect(JSON.parse((await served(lab.host, '/.well-known/did.json')).text).id).toBe(lab.did);
  });

  it('name schemas, contexts and problems that their own origin serves, octet for octet', async () => {
    for (const target of [
      '/schemas/agent-authorization.v1.json',
      '/contexts/agent-v1.jsonld',
      '/problems/document-not-found',
    ]) {
      const own = await served(lab.host, target);
      expect([target, own.status]).toEqual([target, 200]);
      expect(own).toEqual(await served(acme.host, target));
    }
  });

  it('keep their own schemas to their own host', async () => {
    const schema = { type: 'object', properties: { level: { type: 'string' } } };
    const order = { name: 'clearance', schema };
    const { status } = await running.call('POST', '/schemas', order, lab.token);
    expect(status).toBe(201);
    expect((await served(lab.host, '/schemas/clearance.v1.json')).status).toBe(200);
    expect((await served(acme.host, '/schemas/clearance.v1.json')).status).toBe(404);
  });

  it('are not reached by another spelling of a host or of a target', async () => {
    const ours = await served(acme.host, '/a/bot/client.json');
    for (const host of ['nobody.localhost', `id.lab.localhost`, `${lab.host}.`, '']) {
      expect([host, await served(host, '/a/bot/client.json')]).toEqual([host, ours]);
    }
    const shouted = await served(lab.host.toUpperCase(), '/a/bot/client.json');
    expect(shouted).toEqual(await served(lab.host, '/a/bot/client.json'));
    for (const target of [`//${lab.host}/a/bot/client.json`, '//', `//${lab.host}/`]) {
      expect([target, (await served(acme.host, target)).status]).toEqual([target, 404]);
      expect([target, (await served(lab.host, target)).status]).toEqual([target, 404]);
    }
    expect((await served(lab.host, '/o/pay/a/bot/client.json')).status).toBe(404);
    expect((await served(acme.host, '/o/pay/a/bot/client.json')).status).toBe(200);
  });

  it('are served by a replica that was started before them', async () => {
    const target = '/a/bot/client.json';
    const ours = await served(lab.host, target);
    await expect
      .poll(() => served(lab.host, target, replica.listening), { timeout: 5_000 })
      .toEqual(ours);
    expect(await served(acme.host, target, replica.listening)).toEqual(
      await served(acme.host, target),
    );
  });

  it('I-08 revoke in their own lists alone: those of the others stay the same octets', async () => {
    const id = await issue(lab);
    await issue(acme);
    const lists = ['status/1r', 'status/1s', 'token-status/1'];
    const read = async ({ host, baseUrl }: Issuer) =>
      Promise.all(
        lists.map((list) =>
          served(host, `${new URL(baseUrl).pathname.replace(/^\/$/, '')}/${list}`),
        ),
      );
    const [ours, paid, theirs] = [await read(acme), await read(pay), await read(lab)];
    for (const { status } of [...ours, ...paid, ...theirs]) expect(status).toBe(200);
    const order = { reason: 'INC-1' };
    for (const by of [acme, pay]) {
      const refused = await running.call('POST', `/credentials/${id}/revoke`, order, by.token);
      expect(refused.status).toBe(404);
    }
    expect([await read(acme), await read(pay), await read(lab)]).toEqual([ours, paid, theirs]);
    const done = await running.call('POST', `/credentials/${id}/revoke`, order, lab.token);
    expect(done.status).toBe(200);
    expect([await read(acme), await read(pay)]).toEqual([ours, paid]);
    expect(await read(lab)).not.toEqual(theirs);
    expect(await judge(lab, lab)).toEqual(['accepted', null, true]);
  });

  it('H-05 do not show by their answers which of them exist', async () => {
    const strangers = [
      '/a/nobody',
      '/o/pay/a/nobody',
      '/o/nobody/a/bot',
      '/o/pay/a/bot/credentials/x',
    ];
    const sizes = new Set<number>();
    const medians: number[] = [];
    for (const path of strangers) {
      const times: number[] = [];
      for (let count = 0; count < 25; count += 1) {
        const began = performance.now();
        const { status, text } = await served(acme.host, `${path}/client.json`);
        times.push(performance.now() - began);
        sizes.add(text.length);
        expect([path, status]).toEqual([path, 404]);
      }
      medians.push(times.toSorted((one, other) => one - other)[12] ?? Number.NaN);
    }
    expect(sizes.size).toBe(1);
    expect(Math.max(...medians) - Math.min(...medians)).toBeLessThan(20);
    const retired = { ...onboarding, handle: 'gone' };
    await running.call('POST', '/agents', retired, lab.token);
    await running.call('POST', '/agents/gone/retire', { reason: 'CHG-1' }, lab.token);
    expect((await served(lab.host, '/a/gone/client.json')).status).toBe(410);
    expect((await served(acme.host, '/a/gone/client.json')).status).toBe(404);
  });

  it('leave no mark on agents of others by verifying them', async () => {
    const client_id = `${lab.baseUrl}/a/bot/client.json`;
    const noted = vi.spyOn(running.service.registry, 'noteVerification');
    for (const { token } of [acme, pay, lab]) {
      const { status } = await running.call('POST', '/verify', { client_id }, token);
      expect(status).toBe(200);
    }
    expect(noted.mock.calls).toEqual([[client_id]]);
    noted.mockRestore();
  });

  it('see their own part of the audit trail', async () => {
    const { body } = await running.call('GET', '/audit?limit=200', undefined, lab.token);
    const text = JSON.stringify(body);
    const { body: own } = await running.call('GET', '/organization', undefined, lab.token);
    const events = (body['data'] as { event: { organizationId: string } }[]).map(
      ({ event }) => event.organizationId,
    );
    expect(new Set(events)).toEqual(new Set([own['id']]));
    expect(text).not.toContain(running.service.organization.id);
    const trail = await running.call('GET', '/audit?action=organization.created');
    expect(trail.body['data']).toHaveLength(3);
  });
});

describe('a workload rule', () => {
  it("is for its own organization's address, never for that of another one", async () => {
    const rule = (audience: string) => ({
      ...{ name: 'ci', issuer: 'https://ci.acme.com', audience },
      ...{ claims: { sub: 'repo:acme/agents' }, grants: { scopes: ['verify'] } },
    });
    const order = (audience: string, { token }: Issuer) =>
      running.call('POST', '/workload-rules', rule(audience), token);
    expect((await order(pay.baseUrl, acme)).body['code']).toBe('invalid-input');
    expect((await order(`${pay.baseUrl}/ci`, acme)).body['code']).toBe('invalid-input');
    expect((await order(acme.baseUrl, pay)).body['code']).toBe('invalid-input');
    expect((await order(pay.baseUrl, pay)).status).toBe(201);
    expect((await order(`${acme.baseUrl}/ci`, acme)).status).toBe(201);
  });
});

describe('creating an organization', () => {
  const state = async () => (await running.call('GET', '/organizations')).body['data'];

  it.each<[string, object, number, string]>([
    ['neither place', {}, 400, 'invalid-input'],
    ['both places', { path: 'x1', baseUrl: 'http://x1.localhost' }, 400, 'invalid-input'],
    ['a taken path', { path: 'pay' }, 409, 'base-url-taken'],
    ['a reserved word', { path: 'api' }, 400, 'invalid-input'],
    ['a path of two parts', { path: 'a/b' }, 400, 'invalid-input'],
    ['a path with an escape', { path: '%2e%2e' }, 400, 'invalid-input'],
    ['an address', { baseUrl: 'http://127.0.0.1:9' }, 400, 'invalid-input'],
    ['a path in a base URL', { baseUrl: 'http://x1.localhost/o/x' }, 400, 'invalid-input'],
    ['a public host on a development one', { baseUrl: 'https://x.example' }, 400, 'invalid-input'],
    ['no mailbox', { path: 'x1', contact: 'me' }, 400, 'invalid-input'],
  ])('is refused with %s, and changes nothing', async (_, place, status, code) => {
    const before = await state();
    const order = { name: 'X', contact: 'x@acme.com', ...place };
    const answer = await running.call('POST', '/organizations', order);
    expect([answer.status, answer.body['code']]).toEqual([status, code]);
    expect(await state()).toEqual(before);
  });

  it('is refused at a host that is taken, the own one above all', async () => {
    for (const baseUrl of [running.url, lab.baseUrl]) {
      const order = { name: 'X', contact: 'x@acme.com', baseUrl };
      const { status, body } = await running.call('POST', '/organizations', order);
      expect([baseUrl, status, body['code']]).toEqual([baseUrl, 409, 'base-url-taken']);
    }
  });

  it('takes a platform token: every scope of another one is not enough', async () => {
    const order = { name: 'X', contact: 'x@acme.com', path: 'x2' };
    const scopes = ['org:admin'];
    const plain = await running.call('POST', '/tokens', { name: 'admin', scopes });
    for (const token of [lab.token, pay.token, String(plain.body['token'])]) {
      for (const [method, body] of [
        ['POST', order],
        ['GET', undefined],
      ] as const) {
        const answer = await running.call(method, '/organizations', body, token);
        expect([method, answer.status, answer.body['code']]).toEqual([
          method,
          403,
          'not-permitted',
        ]);
      }
    }
  });

  it('answers a request that is sent again with the same token', async () => {
    const send = async () => {
      const response = await fetch(`${running.address}/api/v1/organizations`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${running.token}`,
          'content-type': 'application/json',
          'idempotency-key': 'found-ops',
        },
        body: JSON.stringify({ name: 'Ops', contact: 'ops@acme.com', path: 'ops' }),
      });
      return [response.status, await response.text()] as const;
    };
    const first = await send();
    expect(first[0]).toBe(201);
    expect(await send()).toEqual(first);
  });
});

describe('the command line', () => {
  const run = (words: readonly string[], token = running.token) => {
    const env = { SEALWRIGHT_SERVER: running.address, SEALWRIGHT_TOKEN: token };
    return runRecorded(words, { env });
  };

  it('creates, lists, shows and changes organizations', async () => {
    const words = ['organization', 'create', '--name', 'Ads', '--contact', 'ads@acme.com'];
    const made = await run([...words, '--path', 'ads']);
    expect(made.code).toBe(0);
    const token = made.out.trim();
    expect(token).toMatch(/^swt_/);
    expect(made.err).toContain(`did:web:localhost%3A${port}:o:ads at ${running.url}/o/ads`);
    expect((await run(['organization', 'list'])).out).toMatch(/Payments.*\n(.*\n)*.*Ads /);
    expect((await run(['organization', 'get'], token)).out).toContain(`${running.url}/o/ads`);
    const changed = await run(['organization', 'update', '--name', 'Advertising', '--json'], token);
    expect(JSON.parse(changed.out)).toMatchObject({ name: 'Advertising' });
    expect((await run(['organization', 'list'], token)).code).toBe(5);
  });
});
