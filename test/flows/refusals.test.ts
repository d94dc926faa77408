import { generateKeyPairSync } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  type ApiAnswer,
  type RunningService,
  startRunningService,
} from '../support/running-service.ts';

let running: RunningService;

const agent = {
  handle: 'billing-bot',
  kind: 'agent',
  name: 'Billing Bot',
  owners: ['owner@acme.example'],
  keyCustody: 'registry',
};
const actions = { actions: [{ action: 'read', resource: 'logs/production' }] };
const facet = { type: 'allowed-actions', reason: 'CHG-1', claims: actions };

beforeAll(async () => {
  running = await startRunningService();
  expect((await running.call('POST', '/agents', agent)).status).toBe(201);
  // The service makes a key by itself for its first checkpoint; the next one is a minute away.
  const checkpoint = async () => {
    const { status } = await fetch(`${running.address}/audit/checkpoint`);
    expect(status).toBe(200);
  };
  await vi.waitFor(checkpoint, { timeout: 30_000 });
}, 60_000);

afterAll(async () => {
  await running[Symbol.asyncDispose]();
});

/** Every row of every table that a refused call must not touch. */
async function fingerprint(): Promise<string> {
  const client = new pg.Client({ connectionString: running.connectionString });
  await client.connect();
  try {
    const tables = ['agents', 'credentials', 'status_entries', 'status_lists', 'signing_keys'];
    const more = ['identifiers', 'api_tokens', 'audit_records', 'public_documents'];
    const hashes: string[] = [];
    for (const table of [...tables, ...more]) {
      const { rows } = await client.query<{ hash: string }>(
        `SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) AS hash FROM ${table} t`,
      );
      hashes.push(`${table}:${rows[0]?.hash}`);
    }
    return hashes.join('\n');
  } finally {
    await client.end();
  }
}

interface Refusal {
  readonly name: string;
  readonly call: () => Promise<ApiAnswer>;
  readonly status: number;
  readonly code: string;
  /** The first pointer that the answer names. */
  readonly pointer?: string;
}

function publicJwkOf(curve: 'P-256' | 'secp256k1') {
  return generateKeyPairSync('ec', { namedCurve: curve }).publicKey.export({ format: 'jwk' });
}

function withKey(jwk: unknown) {
  const { keyCustody: _custody, ...rest } = agent;
  return { ...rest, handle: 'other-bot', jwk };
}

const post = (path: string, body?: unknown, token?: string | null) => () =>
  running.call('POST', path, body, token);

const refusals: readonly Refusal[] = [
  {
    name: 'a handle that is not well formed',
    call: post('/agents', { ...agent, handle: 'Billing--Bot' }),
    status: 400,
    code: 'invalid-input',
    pointer: '/handle',
  },
  {
    name: 'a handle that is taken',
    call: post('/agents', agent),
    status: 409,
    code: 'handle-taken',
  },
  {
    name: 'a member that does not exist',
    call: post('/agents', { ...agent, handle: 'other-bot', state: 'active' }),
    status: 400,
    code: 'invalid-input',
    pointer: '/state',
  },
  {
    name: 'a malformed JWK',
    call: post('/agents', withKey({ ...publicJwkOf('P-256'), x: 'AAAA' })),
    status: 422,
    code: 'key-not-usable',
    pointer: '/jwk/x',
  },
  {
    name: 'a private JWK where a public one belongs',
    call: post(
      '/agents',
      withKey(
        generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }),
      ),
    ),
    status: 422,
    code: 'key-not-usable',
    pointer: '/jwk',
  },
  {
    name: 'a secp256k1 key',
    call: post('/agents', withKey(publicJwkOf('secp256k1'))),
    status: 422,
    code: 'key-not-usable',
    pointer: '/jwk/kty',
  },
  {
    name: 'two kinds of key at once',
    call: post('/agents', { ...withKey(publicJwkOf('P-256')), keyCustody: 'issued' }),
    status: 400,
    code: 'invalid-input',
  },
  {
    name: 'an unknown credential type',
    call: post('/agents/billing-bot/credentials', { ...facet, type: 'passport' }),
    status: 422,
    code: 'credential-type-unknown',
    pointer: '/type',
  },
  {
    name: 'claims that are too long',
    call: post('/agents/billing-bot/credentials', {
      ...facet,
      claims: { actions: [{ action: 'read', resource: 'x'.repeat(5_000) }] },
    }),
    status: 422,
    code: 'claims-invalid',
    pointer: '/claims/actions/0/resource',
  },
  {
    name: 'an unknown agent',
    call: post('/agents/nobody/credentials', facet),
    status: 404,
    code: 'agent-not-found',
  },
  {
    name: 'a missing reason',
    call: post('/agents/billing-bot/credentials', { type: facet.type, claims: actions }),
    status: 400,
    code: 'invalid-input',
    pointer: '/reason',
  },
  {
    name: 'a suspension without a reason',
    call: post('/agents/billing-bot/suspend', {}),
    status: 400,
    code: 'invalid-input',
    pointer: '/reason',
  },
  {
    name: 'no token',
    call: post('/agents', agent, null),
    status: 401,
    code: 'unauthenticated',
  },
  {
    name: 'a wrong token',
    call: post('/agents', agent, `swt_${'A'.repeat(43)}`),
    status: 401,
    code: 'unauthenticated',
  },
  {
    name: 'scopes that would make the document too large',
    call: post('/agents/billing-bot/credentials', {
      ...facet,
      claims: {
        actions: Array.from({ length: 32 }, (_, number) => ({
          action: 'read',
          resource: `${'r'.repeat(90)}/${number}`,
        })),
      },
    }),
    status: 422,
    code: 'document-too-large',
    pointer: '/vc+jwt',
  },
];

describe('a refused call', () => {
  it.each(refusals)('says why and changes nothing: $name', async (refusal) => {
    const before = await fingerprint();
    const answer = await refusal.call();
    expect(answer.status).toBe(refusal.status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.body).toMatchObject({
      code: refusal.code,
      type: `${running.url}/problems/${refusal.code}`,
      status: refusal.status,
    });
    if (refusal.pointer !== undefined) {
      expect(answer.body['errors']).toEqual(
        expect.arrayContaining([expect.objectContaining({ pointer: refusal.pointer })]),
      );
    }
    const page = await fetch(`${running.url}/problems/${refusal.code}`);
    expect(page.status).toBe(200);
    expect(await fingerprint()).toBe(before);
  });

  it('a token without the scope is refused by name of the scope', async () => {
    const created = await running.call('POST', '/tokens', {
      name: 'reader',
      scopes: ['agents:read'],
    });
    const before = await fingerprint();
    const text = String(created.body['token']);
    const answer = await running.call('POST', '/agents/billing-bot/credentials', facet, text);
    expect(answer.status).toBe(403);
    expect(answer.body).toMatchObject({ code: 'not-permitted' });
    expect(JSON.stringify(answer.body)).toContain('credentials:issue');
    expect(await fingerprint()).toBe(before);
  });
});

describe('what cannot be taken back', () => {
  it('resuming a revoked credential is refused; revoking it again changes nothing', async () => {
    const issued = await running.call('POST', '/agents/billing-bot/credentials', facet);
    const id = String(issued.body['id']);
    const reason = { reason: 'INC-1' };
    const revoked = await running.call('POST', `/credentials/${id}/revoke`, reason);
    expect(revoked.body).toMatchObject({ state: 'revoked' });
    const resumed = await running.call('POST', `/credentials/${id}/resume`, reason);
    expect(resumed.status).toBe(409);
    expect(resumed.body).toMatchObject({ code: 'credential-wrong-state' });
    const again = await running.call('POST', `/credentials/${id}/revoke`, reason);
    expect(again.status).toBe(200);
    const found = await running.call('GET', `/credentials/${id}`);
    const first = String((revoked.body as { publishedAt?: unknown }).publishedAt);
    expect(found.body['state']).toBe('revoked');
    expect(Date.parse(String(found.body['revokedAt']))).toBeLessThanOrEqual(Date.parse(first));
  });
});
