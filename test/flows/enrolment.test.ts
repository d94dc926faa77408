import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type EnrolmentKey,
  enrolmentRequest,
  newEnrolmentKey,
  type ProofChanges,
} from '../support/enrolment-key.ts';
import type { ApiAnswer, RunningService } from '../support/running-service.ts';
import { startRunningService } from '../support/running-service.ts';

const plain = { kind: 'agent', owners: ['lead@acme.com'] };
let place: RunningService;
let handles = 0;

beforeAll(async () => {
  place = await startRunningService();
});

afterAll(() => place[Symbol.asyncDispose]());

function newHandle(): string {
  handles += 1;
  return `bot-${handles}`;
}

async function invite(changes: object = {}) {
  const answer = await place.call('POST', '/enrolments', { ...plain, ...changes });
  expect(answer.status).toBe(201);
  return { id: String(answer.body['id']), token: String(answer.body['token']), answer };
}

interface Coming {
  readonly token: string;
  readonly key: EnrolmentKey;
  readonly handle?: string;
  readonly name?: string;
  readonly changes?: ProofChanges;
}

function enrol({ token, key, changes, ...named }: Coming): Promise<ApiAnswer> {
  const order = { token, key, audience: place.url, at: new Date() };
  return place.call('POST', '/enrol', { ...enrolmentRequest(order, changes), ...named }, null);
}

function told({ status, body }: ApiAnswer) {
  return [status, body['code']];
}

async function stateOf(id: string) {
  return (await place.call('GET', `/enrolments/${id}`)).body['state'];
}

/** What happened, in the words of the audit trail, and who did it. */
async function auditOf(subject: string) {
  const { body } = await place.call('GET', `/audit?subject=${subject}`);
  const rows = body['data'] as readonly {
    readonly event: { readonly action: string; readonly actor: { readonly kind: string } };
  }[];
  return rows.map(({ event: { action, actor } }) => `${action} by ${actor.kind}`);
}

describe('an agent with a token and a key of its own', () => {
  test.each(['P-256', 'Ed25519'] as const)('gets its identity for a %s key', async (kind) => {
    const { id, token, answer } = await invite({ team: 'payments', tags: ['prod'] });
    expect(answer.body).toMatchObject({
      id: expect.stringMatching(/^enr_/),
      state: 'open',
      token: expect.stringMatching(/^swe_[\w-]{43}$/),
      audience: place.url,
      handle: null,
      key: null,
      agent: null,
    });
    const key = newEnrolmentKey(kind);
    const handle = newHandle();
    const enrolled = await enrol({ token, key, handle, name: 'Bot of mine' });
    expect(enrolled.status).toBe(201);
    expect(enrolled.body).toEqual({
      id: expect.stringMatching(/^agt_/),
      handle,
      kind: 'agent',
      name: 'Bot of mine',
      state: 'active',
      did: expect.stringContaining(`:a:${handle}`),
      clientId: `${place.url}/a/${handle}/client.json`,
      jwksUri: `${place.url}/a/${handle}/jwks.json`,
      documents: expect.objectContaining({ did: `${place.url}/a/${handle}/did.json` }),
    });
    const jwks = (await (await fetch(String(enrolled.body['jwksUri']))).json()) as {
      readonly keys: readonly { readonly kid: string }[];
    };
    expect(jwks.keys.map(({ kid }) => kid)).toEqual([key.thumbprint]);
    const agent = await place.call('GET', `/agents/${handle}`);
    expect(agent.body).toMatchObject({
      owners: ['lead@acme.com'],
      team: 'payments',
      tags: ['prod'],
      keyCustody: 'jwk',
    });
    const shown = await place.call('GET', `/enrolments/${id}`);
    expect(shown.body).toMatchObject({
      state: 'enrolled',
      handle,
      key: key.thumbprint,
      agent: enrolled.body['id'],
    });
    expect(shown.body).not.toHaveProperty('token');
    expect(await auditOf(id)).toEqual([
      'enrolment.created by token',
      'enrolment.used by enrolment',
    ]);
    expect(await auditOf(String(agent.body['id']))).toEqual(['agent.onboarded by enrolment']);
  });

  test('gets the same answer again, and nobody else gets any', async () => {
    const { token } = await invite({ handle: newHandle() });
    const key = newEnrolmentKey();
    const first = await enrol({ token, key });
    const again = await enrol({ token, key });
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.body).toEqual(first.body);
    expect(told(await enrol({ token, key: newEnrolmentKey() }))).toEqual([
      403,
      'enrolment-refused',
    ]);
  });

  test('may be replayed by an eavesdropper, who learns what is public and changes nothing', async () => {
    const { token, id } = await invite({ handle: newHandle() });
    const order = { token, key: newEnrolmentKey(), audience: place.url, at: new Date() };
    const body = enrolmentRequest(order);
    const first = await place.call('POST', '/enrol', body, null);
    const before = await auditOf(id);
    const replayed = await place.call('POST', '/enrol', body, null);
    expect(replayed.body).toEqual(first.body);
    expect(JSON.stringify(replayed.body)).not.toContain('lead@acme.com');
    expect(await auditOf(id)).toEqual(before);
  });
});

describe('two who race for one token', () => {
  test('with two keys: one is onboarded', async () => {
    const { token, id } = await invite();
    const racers = Array.from({ length: 8 }, () => ({
      token,
      key: newEnrolmentKey(),
      handle: newHandle(),
    }));
    const answers = await Promise.all(racers.map(enrol));
    const won = answers.filter(({ status }) => status === 201);
    expect(won).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 403)).toHaveLength(7);
    const found = await Promise.all(
      racers.map(({ handle }) => place.call('GET', `/agents/${handle}`)),
    );
    expect(found.filter(({ status }) => status === 200)).toHaveLength(1);
    const uses = (await auditOf(id)).filter((line) => line.startsWith('enrolment.used'));
    expect(uses).toHaveLength(1);
  });

  test('with one key: both get the same identity', async () => {
    const { token } = await invite({ handle: newHandle() });
    const key = newEnrolmentKey();
    const answers = await Promise.all([1, 2, 3, 4].map(() => enrol({ token, key })));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    expect(new Set(answers.map(({ body }) => body['id'])).size).toBe(1);
    const { body } = await place.call('GET', `/credentials?agent=${answers[0]?.body['handle']}`);
    expect(body['data']).toHaveLength(1);
  });
});

describe('a refusal', () => {
  test('is the same for tokens that are wrong, withdrawn, expired and used', async () => {
    const key = newEnrolmentKey();
    const withdrawn = await invite();
    expect((await place.call('DELETE', `/enrolments/${withdrawn.id}`)).status).toBe(204);
    const expired = await invite({ expiresIn: 'PT1S' });
    const used = await invite({ handle: newHandle() });
    await enrol({ token: used.token, key: newEnrolmentKey() });
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const tokens = [`swe_${'A'.repeat(43)}`, 'x', withdrawn.token, expired.token, used.token];
    const answers = await Promise.all(
      tokens.map((token) => enrol({ token, key, handle: newHandle() })),
    );
    const bodies = answers.map(({ status, body: { instance, ...rest } }) => ({ status, rest }));
    expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1);
    expect(answers.map(told)).toEqual(tokens.map(() => [403, 'enrolment-refused']));
    expect(await stateOf(expired.id)).toBe('expired');
    expect(await stateOf(withdrawn.id)).toBe('withdrawn');
  });

  test.each<[string, ProofChanges | ((at: number) => ProofChanges), string]>([
    ['another type', { header: { typ: 'JWT' } }, '/proof/header/typ'],
    ['no signature algorithm', { header: { alg: 'none' } }, '/proof/header/alg'],
    ['an algorithm of another key', { header: { alg: 'EdDSA' } }, '/proof/header/alg'],
    ['a key of its own', { header: { jwk: { kty: 'EC' } } }, '/proof/header/jwk'],
    ['the name of another key', { header: { kid: 'other' } }, '/proof/header/kid'],
    ['a signature by another key', { signedBy: newEnrolmentKey() }, '/proof/signature'],
    ['another registry', { payload: { aud: 'https://id.evil.com' } }, '/proof/payload/aud'],
    ['several registries', { payload: { aud: ['http://localhost'] } }, '/proof/payload/aud'],
    ['another token', { payload: { token_hash: 'A'.repeat(43) } }, '/proof/payload/token_hash'],
    ['no token', { payload: { token_hash: 7 } }, '/proof/payload/token_hash'],
    ['a time long past', (at) => ({ payload: { iat: at - 361 } }), '/proof/payload/iat'],
    ['a time to come', (at) => ({ payload: { iat: at + 65 } }), '/proof/payload/iat'],
    ['no time', { payload: { iat: 'now' } }, '/proof/payload/iat'],
    ['an end that is past', (at) => ({ payload: { exp: at - 61 } }), '/proof/payload/exp'],
  ])('names what is wrong with a proof for %s, and the token stays good', async (_, wrong, at) => {
    const { token, id } = await invite({ handle: newHandle() });
    const key = newEnrolmentKey();
    const now = Math.floor(Date.now() / 1_000);
    const changes = typeof wrong === 'function' ? wrong(now) : wrong;
    const answer = await enrol({ token, key, changes });
    expect(told(answer)).toEqual([422, 'enrolment-proof-invalid']);
    const errors = answer.body['errors'] as readonly { readonly pointer: string }[];
    expect(errors.map(({ pointer }) => pointer)).toContain(at);
    expect(await stateOf(id)).toBe('open');
    expect((await enrol({ token, key })).status).toBe(201);
  });

  test('for a taken handle or key leaves the token good', async () => {
    const taken = newHandle();
    const key = newEnrolmentKey();
    await enrol({ token: (await invite({ handle: taken })).token, key });
    const { token, id } = await invite();
    const other = newEnrolmentKey();
    expect(told(await enrol({ token, key: other, handle: taken }))).toEqual([409, 'handle-taken']);
    expect(told(await enrol({ token, key, handle: newHandle() }))).toEqual([422, 'key-not-usable']);
    expect(told(await enrol({ token, key: other }))).toEqual([400, 'invalid-input']);
    expect(await stateOf(id)).toBe('open');
    expect((await enrol({ token, key: other, handle: newHandle() })).status).toBe(201);
  });

  test('does not let the agent change what the enrolment fixes', async () => {
    const { token } = await invite({ handle: newHandle(), name: 'Ours' });
    const key = newEnrolmentKey();
    for (const named of [{ handle: 'mine' }, { name: 'Mine' }]) {
      expect(told(await enrol({ token, key, ...named }))).toEqual([400, 'invalid-input']);
    }
    const extra = { token, jwk: key.jwk, proof: 'x', owners: ['me@evil.com'] };
    const answer = await place.call('POST', '/enrol', extra, null);
    expect(told(answer)).toEqual([400, 'invalid-input']);
  });

  test('of a private key says so, and does not repeat it', async () => {
    const { token } = await invite();
    const key = newEnrolmentKey();
    const { d } = key.privateKey.export({ format: 'jwk' });
    const order = { token, key, audience: place.url, at: new Date() };
    const body = { ...enrolmentRequest(order), jwk: { ...key.jwk, d }, handle: newHandle() };
    const answer = await place.call('POST', '/enrol', body, null);
    expect(told(answer)).toEqual([422, 'key-not-usable']);
    expect(JSON.stringify(answer.body)).not.toContain(d);
  });

  test('of an order that could not be carried out comes when it is made', async () => {
    for (const [changes, pointer] of [
      [{ owners: [] }, '/owners'],
      [{ kind: undefined }, '/kind'],
      [{ handle: 'No' }, '/handle'],
      [{ expiresIn: 'P31D' }, '/expiresIn'],
      [{ expiresIn: 'PT0S' }, '/expiresIn'],
      [{ expiresIn: 'soon' }, '/expiresIn'],
      [{ credentials: [] }, '/credentials'],
    ] as const) {
      const answer = await place.call('POST', '/enrolments', { ...plain, ...changes });
      expect(told(answer)).toEqual([400, 'invalid-input']);
      const errors = answer.body['errors'] as readonly { readonly pointer: string }[];
      expect(errors.map((error) => error.pointer)).toEqual([pointer]);
    }
  });
});

describe('a queue of approvals', () => {
  test('holds the agent until somebody approves its key', async () => {
    const handle = newHandle();
    const { token, id } = await invite({ approval: true });
    const key = newEnrolmentKey();
    const waiting = await enrol({ token, key, handle });
    expect(waiting.status).toBe(202);
    expect(waiting.body).toEqual({
      enrolment: id,
      state: 'awaiting-approval',
      expiresAt: expect.any(String),
    });
    expect(told(await place.call('GET', `/agents/${handle}`))).toEqual([404, 'agent-not-found']);
    expect((await enrol({ token, key })).status).toBe(202);
    const stranger = await enrol({ token, key: newEnrolmentKey(), handle });
    expect(told(stranger)).toEqual([403, 'enrolment-refused']);
    const queue = await place.call('GET', '/enrolments?state=awaiting-approval');
    expect(queue.body['data']).toMatchObject([{ id, handle, key: key.thumbprint }]);
    const approved = await place.call('POST', `/enrolments/${id}/approve`, {});
    expect([approved.status, approved.body['state']]).toEqual([200, 'enrolled']);
    expect((await place.call('POST', `/enrolments/${id}/approve`, {})).status).toBe(200);
    const enrolled = await enrol({ token, key });
    expect([enrolled.status, enrolled.body['handle']]).toEqual([201, handle]);
    expect(await auditOf(id)).toEqual([
      'enrolment.created by token',
      'enrolment.requested by enrolment',
      'enrolment.approved by token',
      'enrolment.used by enrolment',
    ]);
  });

  test('onboards once when several approve at a time', async () => {
    const { token, id } = await invite({ approval: true, handle: newHandle() });
    await enrol({ token, key: newEnrolmentKey() });
    const answers = await Promise.all(
      [1, 2, 3, 4].map(() => place.call('POST', `/enrolments/${id}/approve`, {})),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const uses = (await auditOf(id)).filter((line) => line.startsWith('enrolment.used'));
    expect(uses).toHaveLength(1);
  });

  test('turns away who is rejected, for good', async () => {
    const { token, id } = await invite({ approval: true, handle: newHandle() });
    const key = newEnrolmentKey();
    const early = await place.call('POST', `/enrolments/${id}/approve`, {});
    expect(told(early)).toEqual([409, 'enrolment-wrong-state']);
    await enrol({ token, key });
    const unsaid = await place.call('POST', `/enrolments/${id}/reject`, { reason: ' ' });
    expect(told(unsaid)).toEqual([400, 'invalid-input']);
    const rejected = await place.call('POST', `/enrolments/${id}/reject`, { reason: 'not ours' });
    expect(rejected.body).toMatchObject({ state: 'rejected', reason: 'not ours' });
    expect(told(await enrol({ token, key }))).toEqual([403, 'enrolment-refused']);
    for (const verb of ['approve', 'reject']) {
      const body = verb === 'approve' ? {} : { reason: 'again' };
      const answer = await place.call('POST', `/enrolments/${id}/${verb}`, body);
      expect(answer.status).toBe(verb === 'approve' ? 409 : 200);
    }
  });

  test('keeps an agent whose handle was taken meanwhile waiting', async () => {
    const handle = newHandle();
    const { token, id } = await invite({ approval: true, handle });
    const key = newEnrolmentKey();
    await enrol({ token, key });
    const faster = await invite({ handle });
    expect((await enrol({ token: faster.token, key: newEnrolmentKey() })).status).toBe(201);
    const answer = await place.call('POST', `/enrolments/${id}/approve`, {});
    expect(told(answer)).toEqual([409, 'handle-taken']);
    expect(await stateOf(id)).toBe('awaiting-approval');
  });
});

describe('who may', () => {
  test("another organization's or an unscoped token reaches no enrolment", async () => {
    const { id } = await invite();
    const { body } = await place.call('POST', '/tokens', { name: 'r', scopes: ['agents:read'] });
    const reader = String(body['token']);
    expect((await place.call('GET', `/enrolments/${id}`, undefined, reader)).status).toBe(200);
    for (const [method, path, sent] of [
      ['POST', '/enrolments', plain],
      ['POST', `/enrolments/${id}/approve`, {}],
      ['POST', `/enrolments/${id}/reject`, { reason: 'no' }],
      ['DELETE', `/enrolments/${id}`, undefined],
    ] as const) {
      expect(told(await place.call(method, path, sent, reader))).toEqual([403, 'not-permitted']);
    }
    expect(told(await place.call('GET', '/enrolments/enr_none'))).toEqual([
      404,
      'enrolment-not-found',
    ]);
  });

  test('an enrolment that was used is not withdrawn', async () => {
    const { token, id } = await invite({ handle: newHandle() });
    await enrol({ token, key: newEnrolmentKey() });
    const answer = await place.call('DELETE', `/enrolments/${id}`);
    expect(told(answer)).toEqual([409, 'enrolment-wrong-state']);
  });
});
