import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createVerifier } from '../../src/verifier/index.ts';
import { guardedFetch } from '../../src/verifier/node/index.ts';
import type { Verifier } from '../../src/verifier/ports.ts';
import { runRecorded } from '../support/recording-terminal.ts';
import { type RunningService, startRunningService } from '../support/running-service.ts';

const pollMs = 250;
const keysPath = '/organization/keys';
const handles = ['one', 'two', 'three'];
const compliance = {
  attestations: [
    {
      framework: 'https://www.iso.org/standard/27001',
      edition: 'ISO/IEC 27001:2022',
      outcome: 'conformant',
      assessor: 'did:web:assessor.example',
    },
  ],
};
const readsLogs = { actions: [{ action: 'read', resource: 'logs/production' }] };

let service: RunningService;

beforeAll(async () => {
  service = await startRunningService();
  for (const handle of handles) {
    const agent = { handle, kind: 'agent', name: `Bot ${handle}`, owners: ['lead@acme.example'] };
    await call('POST', '/agents', { ...agent, keyCustody: 'registry' });
    await issue(handle, 'allowed-actions', readsLogs);
    await issue(handle, 'compliance', compliance);
  }
});

afterAll(() => service[Symbol.asyncDispose]());

async function call(method: string, path: string, body?: unknown) {
  const answer = await service.call(method, path, body);
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
  return answer.body;
}

function issue(handle: string, type: string, claims: object) {
  return call('POST', `/agents/${handle}/credentials`, { type, claims, reason: 'CHG-1' });
}

function run(...words: readonly string[]) {
  const env = { SEALWRIGHT_SERVER: service.address, SEALWRIGHT_TOKEN: service.token };
  return runRecorded(words, { env });
}

const clientIdOf = (handle: string) => `${service.url}/a/${handle}/client.json`;
const didUrl = () => `${service.url}/.well-known/did.json`;

async function read(url: string): Promise<Record<string, unknown>> {
  return (await (await fetch(url)).json()) as Record<string, unknown>;
}

async function passportOf(handle: string): Promise<string> {
  return String((await read(clientIdOf(handle)))['vc+jwt']);
}

function newVerifier(): Verifier {
  return createVerifier({
    fetch: guardedFetch({ allowLoopback: true }),
    policy: {
      mode: 'enforce',
      trust: [
        {
          issuer: service.service.organization.did,
          clientIds: [`${service.url}/a/`],
          credentialTypes: ['AgentAuthorizationCredential'],
        },
      ],
    },
  });
}

async function judge(verifier: Verifier, jwt: string): Promise<string> {
  const { outcome, reason } = await verifier.verifyCredential(jwt);
  return reason ?? outcome;
}

/** Milliseconds until the question is answered so. */
async function until(wanted: boolean, question: () => Promise<string>): Promise<number> {
  const began = Date.now();
  while (((await question()) === 'accepted') !== wanted) {
    if (Date.now() - began > 70_000) throw new Error('gave up');
    await sleep(pollMs);
  }
  return Date.now() - began;
}

async function outcomeOf(verifier: Verifier, handle: string): Promise<string> {
  const { outcome, reason } = await verifier.verifyClient(clientIdOf(handle));
  return reason ?? outcome;
}

/** Asks until it is stopped; then tells for how many milliseconds the answer was not "accepted". */
function watch(question: () => Promise<string>) {
  let stopped = false;
  let refusals = 0;
  const watching = (async () => {
    while (!stopped) {
      if ((await question()) !== 'accepted') refusals += 1;
      await sleep(pollMs);
    }
  })();
  return {
    stop: async () => {
      stopped = true;
      await watching;
      return refusals * pollMs;
    },
  };
}

function kidOf(jwt: string): unknown {
  return JSON.parse(Buffer.from(jwt.split('.')[0] ?? '', 'base64url').toString()).kid;
}

interface KeyJson {
  readonly id: string;
  readonly kid: string;
  readonly state: string;
}

async function keys(): Promise<readonly KeyJson[]> {
  return (await call('GET', keysPath))['data'] as readonly KeyJson[];
}

describe('the keys of the organization, over HTTP and by the command line', () => {
  it('are prepared, listed with what comes next, and given up again', async () => {
    const [first] = await keys();
    const made = await service.call('POST', keysPath, { action: 'prepare' });
    expect(made.status).toBe(201);
    const { id, kid, since, safeToActivateAt } = made.body;
    expect(Date.parse(String(safeToActivateAt)) - Date.parse(String(since))).toBe(610_000);
    expect(made.body).toMatchObject({ state: 'published', algorithm: 'ES256', activatesAt: null });
    expect(JSON.stringify(made.body)).not.toContain('sealed');
    const listed = (await read(didUrl()))['assertionMethod'];
    expect(listed).toEqual([first?.kid, kid]);
    const listing = await run('issuer-key', 'list');
    expect(listing.code).toBe(0);
    expect(listing.out).toContain(`activate after ${String(safeToActivateAt)}`);
    const early = await run('issuer-key', 'activate', String(id));
    expect(early.code).toBe(5);
    expect(early.err).toContain('Some readers may not know the key before');
    const given = await run('issuer-key', 'retire', String(kid));
    expect(given).toMatchObject({ code: 0, out: `${id} is destroyed\n  kid   ${kid}\n` });
    expect((await read(didUrl()))['assertionMethod']).toEqual([first?.kid]);
    expect((await read(`${service.url}/jwks.json`))['keys']).toHaveLength(1);
  });

  it('are rotated in one call, which says when it takes effect', async () => {
    const rotated = await run('issuer-key', 'rotate', '--json');
    const key = JSON.parse(rotated.out);
    expect(key).toMatchObject({
      state: 'published',
      nextStep: { action: 'activate', at: key.activatesAt, automatic: true },
    });
    expect((await run('issuer-key', 'list')).out).toContain('activate at');
    await run('issuer-key', 'retire', key.id);
  });

  it.each([
    ['no action', {}],
    ['an unknown action', { action: 'destroy', key: 'key_1' }],
    ['an action with a member of another', { action: 'prepare', key: 'key_1' }],
    ['no key', { action: 'activate' }],
    ['no reason', { action: 'compromise', key: 'key_1' }],
  ])('refuse %s, and change nothing', async (_name, body) => {
    const before = await keys();
    const answer = await service.call('POST', keysPath, body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid-input' } });
    expect(await keys()).toEqual(before);
  });

  it('refuse a key that there is not, and a token without the scope', async () => {
    const order = { action: 'compromise', key: 'key_none', reason: 'INC-1' };
    const unknown = await service.call('POST', keysPath, order);
    expect(unknown).toMatchObject({ status: 404, body: { code: 'key-not-found' } });
    const token = await call('POST', '/tokens', {
      name: 'ci',
      scopes: ['agents:write', 'org:admin'],
    });
    const denied = await service.call('POST', keysPath, order, String(token['token']));
    expect(denied).toMatchObject({ status: 403, body: { code: 'not-permitted' } });
  });
});

describe('a key that leaked', () => {
  it('leaves no issue that runs meanwhile half done', async () => {
    const leaked = (await keys()).find(({ state }) => state === 'active');
    const order = { action: 'compromise', key: leaked?.id, reason: 'INC-6' };
    const facet = { type: 'compliance', claims: compliance, reason: 'CHG-2', validFor: 'P20D' };
    const issuing = Array.from({ length: 12 }, async (_, place) => {
      await sleep(place * 10);
      const path = `/agents/${handles[place % handles.length]}/credentials`;
      return service.call('POST', path, facet);
    });
    const given = await service.call('POST', keysPath, order);
    expect(given.status, JSON.stringify(given.body)).toBe(200);
    const answers = await Promise.all(issuing);
    const refused = answers.filter(({ status }) => status !== 201);
    for (const { status, body } of refused) {
      expect({ status, code: body['code'] }).toEqual({
        status: 409,
        code: 'credential-wrong-state',
      });
    }
    console.info(`${answers.length - refused.length} issued meanwhile, ${refused.length} refused`);
    const { data } = await call('GET', '/credentials?state=active&limit=100');
    for (const { id } of data as readonly { id: string }[]) {
      const { jwt } = await call('GET', `/credentials/${id}`);
      expect(kidOf(String(jwt))).not.toBe(leaked?.kid);
    }
    for (const handle of handles) {
      await until(true, () => outcomeOf(newVerifier(), handle));
    }
    expect(await call('GET', '/audit/verify')).toMatchObject({ intact: true });
  }, 90_000);

  it('is given up by one command: readers refuse it, and accept what replaces it', async () => {
    const [untold, told, warm] = [newVerifier(), newVerifier(), newVerifier()];
    const passports = await Promise.all(handles.map(passportOf));
    const [old = ''] = passports;
    for (const verifier of [untold, told, warm])
      expect(await judge(verifier, old)).toBe('accepted');
    expect(await outcomeOf(warm, 'one')).toBe('accepted');
    const leaked = (await keys()).find(({ state }) => state === 'active');
    if (leaked === undefined) throw new Error('no active key');

    const hesitant = await run('issuer-key', 'compromise', leaked.id, '--reason', 'INC-7');
    expect(hesitant).toMatchObject({ code: 2, out: '' });
    expect(await judge(newVerifier(), old)).toBe('accepted');

    const began = Date.now();
    const order = ['issuer-key', 'compromise', leaked.kid, '--reason', 'INC-7', '--yes', '--json'];
    const answer = await run(...order);
    const answeredMs = Date.now() - began;
    expect(answer.code, answer.err).toBe(0);
    const done = JSON.parse(answer.out);
    expect(done).toMatchObject({
      key: { id: leaked.id, state: 'retired', nextStep: { action: 'destroy' } },
      replacement: { state: 'active' },
      suspendedFacetsLost: 0,
      agentsReissued: 3,
      agentsUnderWay: 0,
    });

    told.invalidate(didUrl());
    const toldMs = await until(false, () => judge(told, old));
    expect(await judge(told, old)).toBe('key-not-found');
    const outage = watch(() => outcomeOf(warm, 'one'));
    const untoldMs = await until(false, () => judge(untold, old));
    await sleep(Math.max(0, 35_000 - untoldMs));
    const outageMs = await outage.stop();
    console.info({ answeredMs, toldMs, untoldMs, outageMs });
    expect(toldMs).toBeLessThan(1_000);
    expect(untoldMs).toBeLessThan(60_000);
    expect(outageMs).toBeLessThan(31_000);
    expect(await outcomeOf(warm, 'one')).toBe('accepted');
    for (const jwt of passports) expect(await judge(newVerifier(), jwt)).toBe('key-not-found');
    for (const handle of handles) {
      const verdict = await newVerifier().verifyClient(clientIdOf(handle), {
        scope: 'read:logs/production',
      });
      expect(verdict).toMatchObject({ outcome: 'accepted', granted: ['read:logs/production'] });
    }
    expect(await call('GET', '/audit/verify')).toMatchObject({ intact: true });
  }, 120_000);
});
