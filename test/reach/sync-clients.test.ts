import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Product } from '../../src/reach/product.ts';
import { createProduct } from '../../src/reach/products.ts';
import {
  type SyncOptions,
  syncClients,
  type UndeterminedSince,
} from '../../src/reach/sync-clients.ts';
import { createStubVerifier, type StubVerifier, stubClientId } from '../support/stub-verifier.ts';
import { type AdminServer, admin, type Trouble } from './support/admin-server.ts';
import { auth0Client, startAuth0Server } from './support/auth0-server.ts';
import { keycloakClient, realm, startKeycloakServer } from './support/keycloak-server.ts';

const now = Date.parse('2026-11-20T12:00:00Z');
const revoked = { outcome: 'rejected', reason: 'status-revoked' } as const;
const unknown = { outcome: 'undetermined', reason: 'status-unavailable' } as const;
const mark = 'status-revoked at 2026-11-20T12:00:00.000Z';

let server: AdminServer;
let verifier: StubVerifier;
let said: string[];
let since: UndeterminedSince;

function productOf(name: 'keycloak' | 'auth0'): Product {
  const limits = { attempts: 3, pauseMs: 5, answerWithinMs: 1_000, maxWaitMs: 2_000 };
  const say = (line: string) => said.push(line);
  return createProduct({
    name,
    url: server.url,
    realm: name === 'keycloak' ? realm : '',
    ...admin,
    say,
    limits,
  });
}

async function round(product: Product, changes: Partial<SyncOptions> = {}) {
  const options = { verifier, product, graceMs: 300_000, isDryRun: false, clock: () => now };
  const results = await syncClients(
    { ...options, ...changes },
    new Map([['bot', stubClientId]]),
    since,
  );
  const [result] = results;
  return result?.failure?.code ?? result?.action;
}

afterEach(() => server[Symbol.asyncDispose]());

describe.each(['keycloak', 'auth0'] as const)('%s', (name) => {
  const put = name === 'keycloak' ? 'PUT' : 'PATCH';
  let product: Product;

  beforeEach(async () => {
    server = await (name === 'keycloak' ? startKeycloakServer() : startAuth0Server());
    server.clients.set('bot', (name === 'keycloak' ? keycloakClient : auth0Client)('bot'));
    [verifier, said, since] = [createStubVerifier(), [], new Map()];
    product = productOf(name);
  });

  const trouble = (method: string, how: Trouble['how'], pattern = /clients/) =>
    server.troubles.push({ method, how, pattern });
  const writes = () => server.requests.filter((line) => line.startsWith(put)).length;
  const present = () => server.clients.get('bot');
  const disabled =
    name === 'keycloak'
      ? {
          ...keycloakClient('bot'),
          enabled: false,
          attributes: { 'jwks.url': 'https://id.acme.com/jwks.json', 'sealwright.sync': mark },
        }
      : {
          ...auth0Client('bot'),
          grant_types: [],
          client_metadata: {
            team: 'payments',
            sealwright_sync: mark,
            sealwright_grants: 'authorization_code client_credentials',
          },
        };

  it('leaves a client alone whose papers are in order', async () => {
    const before = present();
    expect(await round(product)).toBe('none');
    expect(present()).toBe(before);
    expect(writes()).toBe(0);
  });

  it('disables a client whose papers are withdrawn, once, and says in it why', async () => {
    verifier.verdict = revoked;
    expect(await round(product)).toBe('disabled');
    expect(present()).toEqual(disabled);
    expect(await round(product)).toBe('none');
    expect(writes()).toBe(1);
  });

  it('enables again what it disabled, as it was before', async () => {
    const before = structuredClone(present());
    verifier.verdict = revoked;
    await round(product);
    verifier.verdict = {};
    expect(await round(product)).toBe('enabled');
    expect(present()).toEqual(before);
    expect(await round(product)).toBe('none');
  });

  it('does not enable what somebody else disabled', async () => {
    const off = name === 'keycloak' ? { enabled: false } : { grant_types: [] };
    server.clients.set('bot', (name === 'keycloak' ? keycloakClient : auth0Client)('bot', off));
    expect(await round(product)).toBe('left-disabled');
    verifier.verdict = revoked;
    expect(await round(product)).toBe('none');
    verifier.verdict = {};
    expect(await round(product)).toBe('left-disabled');
    expect(writes()).toBe(0);
  });

  it('disables again what somebody enabled meanwhile', async () => {
    verifier.verdict = revoked;
    await round(product);
    const on = name === 'keycloak' ? { enabled: true } : { grant_types: ['client_credentials'] };
    server.clients.set('bot', { ...present(), ...on });
    expect(await round(product)).toBe('disabled');
  });

  it('disables an undetermined client after the grace, counted from its first time', async () => {
    verifier.verdict = unknown;
    expect(await round(product)).toBe('waiting');
    expect(await round(product, { clock: () => now + 299_999 })).toBe('waiting');
    expect(await round(product, { clock: () => now + 300_000 })).toBe('disabled');
    verifier.verdict = {};
    expect(await round(product)).toBe('enabled');
    verifier.verdict = unknown;
    expect(await round(product, { clock: () => now + 300_001 })).toBe('waiting');
  });

  it('without a grace disables an undetermined client at once', async () => {
    verifier.verdict = unknown;
    expect(await round(product, { graceMs: 0 })).toBe('disabled');
  });

  it('changes nothing in a dry run, and none where the policy only watches', async () => {
    verifier.verdict = revoked;
    expect(await round(product, { isDryRun: true })).toBe('would-disable');
    verifier.verdict = { ...revoked, advisory: true };
    expect(await round(product)).toBe('would-disable');
    expect(writes()).toBe(0);
    verifier.verdict = revoked;
    await round(product);
    verifier.verdict = {};
    expect(await round(product, { isDryRun: true })).toBe('would-enable');
    expect(writes()).toBe(1);
  });

  it('tells of a client that is not there', async () => {
    server.clients.clear();
    expect(await round(product)).toBe('client-missing');
  });

  it('logs in once for many calls, and anew after a 401', async () => {
    verifier.verdict = revoked;
    await round(product);
    expect(server.logins).toBe(1);
    server.forgetTokens();
    verifier.verdict = {};
    expect(await round(product)).toBe('enabled');
    expect(server.logins).toBe(2);
  });

  it('gives up on a login that is refused, and shows no secret', async () => {
    const wrong = {
      url: server.url,
      realm,
      clientId: admin.clientId,
      clientSecret: 'canary-wrong',
    };
    const say = (line: string) => said.push(line);
    const stranger = createProduct({ name, ...wrong, say });
    const results = await syncClients(
      { verifier, product: stranger, graceMs: 0, isDryRun: false, clock: () => now },
      new Map([['bot', stubClientId]]),
      since,
    );
    expect(results[0]?.failure?.code).toBe('unauthorized');
    expect(JSON.stringify([results, said])).not.toContain('canary');
  });

  it('waits for as long as a 429 asks, and then goes on', async () => {
    verifier.verdict = revoked;
    trouble(put, { status: 429, headers: { 'Retry-After': '1' } });
    const began = Date.now();
    expect(await round(product)).toBe('disabled');
    expect(Date.now() - began).toBeGreaterThanOrEqual(990);
    expect(said).toEqual([expect.stringMatching(/^(PUT|PATCH) \/\S+: 429, again in 1000 ms$/)]);
  });

  it('waits for the reset that Auth0 names, or a date', async () => {
    trouble('GET', {
      status: 429,
      headers: { 'x-ratelimit-reset': `${Math.floor(Date.now() / 1_000)}` },
    });
    const date = new Date(Date.now()).toUTCString();
    trouble('GET', { status: 429, headers: { 'Retry-After': date } });
    expect(await round(product)).toBe('none');
  });

  it('does not wait longer than its bound, and tries in the next round', async () => {
    verifier.verdict = revoked;
    trouble(put, { status: 429, headers: { 'Retry-After': '86400' } });
    expect(await round(product)).toBe('rate-limited');
    expect(await round(product)).toBe('disabled');
  });

  it.each([{ status: 503 }, { status: 500 }, 'hang-up'] as const)(
    'tries again after %j, and gives up after its attempts',
    async (how) => {
      verifier.verdict = revoked;
      trouble(put, how);
      trouble('GET', how);
      expect(await round(product)).toBe('disabled');
      for (let at = 0; at < 3; at += 1) trouble('GET', how);
      expect(await round(product)).toBe(how === 'hang-up' ? 'unreachable' : 'server-error');
    },
  );

  it.each([
    [403, 'forbidden'],
    [400, 'refused'],
    [409, 'refused'],
    [302, 'refused'],
  ])('does not repeat what is answered with %i', async (status, code) => {
    verifier.verdict = revoked;
    trouble(put, { status, headers: { Location: 'http://127.0.0.1:1/' } });
    expect(await round(product)).toBe(code);
    expect(writes()).toBe(1);
    expect(await round(product)).toBe('disabled');
  });

  it.each(['lost', 'undone'] as const)(
    'notices a change that was %s, and makes it again',
    async (how) => {
      verifier.verdict = revoked;
      trouble(put, how);
      expect(await round(product)).toBe('disabled');
      expect(writes()).toBe(2);
      expect(present()).toEqual(disabled);
    },
  );

  it('never takes for done what does not show', async () => {
    verifier.verdict = revoked;
    trouble(put, 'lost');
    trouble(put, 'lost');
    expect(await round(product)).toBe('not-acknowledged');
    expect(await round(product)).toBe('disabled');
  });

  it('keeps what others changed between the reading and the change', async () => {
    verifier.verdict = revoked;
    await round(product);
    server.clients.set('bot', { ...present(), name: 'Renamed' });
    verifier.verdict = {};
    expect(await round(product)).toBe('enabled');
    expect(present()).toMatchObject({ name: 'Renamed' });
  });

  it('shows no secret in what it says', async () => {
    verifier.verdict = revoked;
    trouble(put, { status: 400 });
    trouble('GET', { status: 500 });
    const options = { verifier, product, graceMs: 0, isDryRun: false, clock: () => now };
    const results = await syncClients(options, new Map([['bot', stubClientId]]), since);
    expect(results[0]?.failure?.code).toBe('refused');
    expect(JSON.stringify([results, said])).not.toContain('canary');
  });
});

describe('grant types in Auth0', () => {
  beforeEach(async () => {
    server = await startAuth0Server();
    [verifier, said, since] = [createStubVerifier(), [], new Map()];
  });

  it('are kept in as many entries as they need', async () => {
    const grants = Array.from(
      { length: 12 },
      (_, at) => `urn:example:params:oauth:grant-type:number-${at}`,
    );
    server.clients.set('bot', auth0Client('bot', { grant_types: grants }));
    const product = productOf('auth0');
    verifier.verdict = revoked;
    expect(await round(product)).toBe('disabled');
    expect(Object.keys(Object(server.clients.get('bot')?.['client_metadata']))).toHaveLength(5);
    verifier.verdict = {};
    expect(await round(product)).toBe('enabled');
    expect(server.clients.get('bot')).toEqual(auth0Client('bot', { grant_types: grants }));
  });

  it('that are lost are asked for, not guessed', async () => {
    const client_metadata = { sealwright_sync: mark };
    server.clients.set('bot', auth0Client('bot', { grant_types: [], client_metadata }));
    expect(await round(productOf('auth0'))).toBe('not-restorable');
  });
});

it('a client that is gone from the table is not remembered', async () => {
  server = await startKeycloakServer();
  [verifier, said, since] = [createStubVerifier(), [], new Map([['gone', 1]])];
  await round(productOf('keycloak'));
  expect([...since.keys()]).toEqual([]);
});
