import { createHash, randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOwnVerifiers } from '../../src/http/own-verifier.ts';
import { Metrics } from '../../src/metrics/metrics.ts';
import { tokenScopes } from '../../src/organizations/api-token.ts';
import { guardedFetch } from '../../src/verifier/node/index.ts';
import type { Verifier } from '../../src/verifier/ports.ts';
import {
  type ApiAnswer,
  type RunningService,
  startRunningService,
} from '../support/running-service.ts';

let running: RunningService;

beforeAll(async () => {
  running = await startRunningService();
});

afterAll(async () => {
  await running[Symbol.asyncDispose]();
});

const agent = {
  kind: 'agent',
  name: 'Billing Bot',
  owners: ['owner@acme.example'],
  keyCustody: 'registry',
};

function allowing(resource: string) {
  const claims = { actions: [{ action: 'read', resource }] };
  return { type: 'allowed-actions', reason: 'CHG-1', claims };
}

async function onboard(handle: string): Promise<string> {
  const answer = await running.call('POST', '/agents', { ...agent, handle });
  expect(answer.status).toBe(201);
  return String(answer.body['clientId']);
}

async function issue(handle: string, resource: string): Promise<string> {
  const path = `/agents/${handle}/credentials`;
  const answer = await running.call('POST', path, allowing(resource));
  expect(answer.status).toBe(201);
  return String(answer.body['id']);
}

/** As a stranger with the organization's own policy sees it, with nothing in a cache. */
function freshVerifier(): Verifier {
  const fetch = guardedFetch({ allowLoopback: true });
  return createOwnVerifiers(fetch, new Metrics())(running.service.organization, []);
}

async function passportAt(clientId: string): Promise<string> {
  const document = (await (await fetch(clientId)).json()) as Readonly<Record<string, unknown>>;
  return String(document['vc+jwt']);
}

async function sql<Row extends pg.QueryResultRow>(
  text: string,
  values: readonly unknown[] = [],
): Promise<readonly Row[]> {
  const client = new pg.Client({ connectionString: running.connectionString });
  await client.connect();
  try {
    return (await client.query<Row>(text, [...values])).rows;
  } finally {
    await client.end();
  }
}

function countByStatus(answers: readonly ApiAnswer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

describe('many callers at once', () => {
  it('get one agent for one handle', async () => {
    const order = { ...agent, handle: 'raced-bot' };
    const calls = Array.from({ length: 20 }, () => running.call('POST', '/agents', order));
    expect(countByStatus(await Promise.all(calls))).toEqual({ 201: 1, 409: 19 });
  });

  it('leave the agent acceptable at every moment, under ever newer papers', async () => {
    const clientId = await onboard('busy-bot');
    const first = await Promise.all(['a', 'b', 'c'].map((one) => issue('busy-bot', one)));
    let isOver = false;
    const outcomes = new Set<string>();
    const passports: string[] = [];
    const watching = (async () => {
      while (!isOver) {
        const { outcome, reason } = await freshVerifier().verifyClient(clientId);
        outcomes.add(`${outcome} ${reason}`);
        passports.push(await passportAt(clientId));
      }
    })();
    const revoke = (id: string) =>
      running.call('POST', `/credentials/${id}/revoke`, { reason: 'INC-1' });
    const changes = await Promise.all([
      ...Array.from({ length: 20 }, (_, place) =>
        running.call('POST', '/agents/busy-bot/credentials', allowing(`r${place}`)),
      ),
      ...first.map(revoke),
    ]);
    isOver = true;
    await watching;
    expect(countByStatus(changes)).toEqual({ 200: 3, 201: 20 });
    expect([...outcomes]).toEqual(['accepted null']);
    const inTurn = passports.filter((passport, place) => passport !== passports[place - 1]);
    expect(new Set(inTurn).size).toBe(inTurn.length);
    const { granted } = await freshVerifier().verifyClient(clientId, { scope: 'read:a read:r7' });
    expect(granted).toEqual(['read:r7']);
    const [indices] = await sql<{ total: number; different: number }>(
      `SELECT count(*)::int AS total, count(DISTINCT (list_id, index))::int AS different
         FROM status_entries`,
    );
    expect(indices?.different).toBe(indices?.total);
  });

  it('resume a suspended agent once', async () => {
    const clientId = await onboard('resumed-bot');
    const change = (verb: string) =>
      running.call('POST', `/agents/resumed-bot/${verb}`, { reason: 'INC-1' });
    expect((await change('suspend')).status).toBe(200);
    const answers = await Promise.all(Array.from({ length: 4 }, () => change('resume')));
    expect(countByStatus(answers)).toEqual({ 200: 1, 409: 3 });
    expect((await freshVerifier().verifyClient(clientId)).outcome).toBe('accepted');
  });
});

describe('an old passport', () => {
  it('stays refused when what it summarises was revoked while its agent was suspended', async () => {
    const clientId = await onboard('returning-bot');
    const facet = await issue('returning-bot', 'everything');
    const former = await passportAt(clientId);
    expect((await freshVerifier().verifyCredential(former)).outcome).toBe('accepted');
    for (const path of [
      '/agents/returning-bot/suspend',
      `/credentials/${facet}/revoke`,
      '/agents/returning-bot/resume',
    ]) {
      expect((await running.call('POST', path, { reason: 'INC-1' })).status).toBe(200);
    }
    expect(await freshVerifier().verifyCredential(former)).toMatchObject({
      outcome: 'rejected',
      reason: 'status-revoked',
    });
    expect((await freshVerifier().verifyClient(clientId)).outcome).toBe('accepted');
  });
});

describe("another organization's token", () => {
  it('finds nothing of ours by handle or id, and changes nothing', async () => {
    await onboard('our-bot');
    const facet = await issue('our-bot', 'logs');
    const tokens = (await running.call('GET', '/tokens')).body['data'] as { id: string }[];
    const foreign = `swt_${randomBytes(32).toString('base64url')}`;
    await sql(
      `INSERT INTO organizations (id, base_url, did, name, contact, created_at)
       VALUES ('org_other', 'https://other.example', 'did:web:other.example', 'Other',
         'a@other.example', now())`,
    );
    await sql(
      `INSERT INTO api_tokens (id, organization_id, name, scopes, hash, created_at)
       VALUES ('tok_other', 'org_other', 'all', $1, $2, now())`,
      [tokenScopes, createHash('sha256').update(foreign).digest('hex')],
    );
    const [before] = await sql('SELECT count(*) FROM audit_records');
    const because = { reason: 'x' };
    const calls: readonly (readonly [string, string, unknown?])[] = [
      ['GET', '/agents/our-bot'],
      ['PATCH', '/agents/our-bot', { name: 'Owned' }],
      ['GET', '/agents/our-bot/documents'],
      ...['suspend', 'resume', 'retire'].map((verb) => {
        return ['POST', `/agents/our-bot/${verb}`, because] as const;
      }),
      ['POST', '/agents/our-bot/credentials', allowing('logs')],
      ['GET', '/credentials?agent=our-bot'],
      ['GET', `/credentials/${facet}`],
      ...['revoke', 'suspend', 'resume', 'renew'].map((verb) => {
        return ['POST', `/credentials/${facet}/${verb}`, because] as const;
      }),
      ['DELETE', `/tokens/${tokens[0]?.id}`],
    ];
    for (const [method, path, body] of calls) {
      const answer = await running.call(method, path, body, foreign);
      expect(`${method} ${path} ${answer.status}`).toBe(`${method} ${path} 404`);
    }
    for (const path of ['/agents', '/credentials', '/audit', `/audit?subject=${facet}`]) {
      expect((await running.call('GET', path, undefined, foreign)).body['data']).toEqual([]);
    }
    expect(await sql('SELECT count(*) FROM audit_records')).toEqual([before]);
  });
});

describe('text that hides something', () => {
  const hidden = ['Safe\u202eexe', 'a\u001b[2Jb', 'a\nb', 'a\u2028b', 'a\u0007b'];

  it.each(hidden)('%j is refused wherever somebody will read it', async (text) => {
    await running.call('POST', '/agents', { ...agent, handle: 'read-bot' });
    const orders: readonly (readonly [string, unknown, string])[] = [
      ['/agents', { ...agent, handle: 'hidden-bot', name: text }, '/name'],
      [
        '/agents',
        { ...agent, handle: 'hidden-bot', owners: [`${text}@acme.example`] },
        '/owners/0',
      ],
      ['/agents', { ...agent, handle: 'hidden-bot', tags: [text] }, '/tags/0'],
      ['/agents/read-bot/suspend', { reason: text }, '/reason'],
      ['/agents/read-bot/credentials', { ...allowing('logs'), reason: text }, '/reason'],
      ['/tokens', { name: text, scopes: ['verify'] }, '/name'],
    ];
    for (const [path, body, pointer] of orders) {
      const { status, body: problem } = await running.call('POST', path, body);
      expect(status).toBe(400);
      expect(problem['errors']).toMatchObject([{ pointer }]);
    }
  });
});

describe('an audit record that is tampered with', () => {
  const tamperings = {
    'another organization': `organization_id = 'org_other'`,
    'another action': `action = 'agent.resumed'`,
    'another subject': `subject = 'agt_other'`,
    'another moment': `at = at + interval '1 millisecond'`,
    'one octet of the body': `body = overlay(body placing 'X' from 20)`,
    'a body that is no JSON': `body = 'x', hash = encode(sha256((previous_hash || E'\\n' || 'x')::bytea), 'hex')`,
    'another hash': `hash = reverse(hash)`,
  };

  it.each(Object.entries(tamperings))(
    '%s: is the first that verification names',
    async (_, set) => {
      const [kept] = await sql('SELECT * FROM audit_records WHERE sequence = 3');
      await sql(`UPDATE audit_records SET ${set} WHERE sequence = 3`);
      const { body } = await running.call('GET', '/audit/verify');
      expect(body).toMatchObject({ intact: false, brokenAt: 3 });
      const restored =
        'organization_id = $1, action = $2, subject = $3, at = $4, body = $5, hash = $6';
      const { organization_id, action, subject, at, body: text, hash } = kept ?? {};
      await sql(`UPDATE audit_records SET ${restored} WHERE sequence = 3`, [
        ...[organization_id, action, subject, at, text, hash],
      ]);
      expect((await running.call('GET', '/audit/verify')).body).toMatchObject({ intact: true });
    },
  );
});
