import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type ApprovalStore,
  createMemoryApprovals,
  createVerifier,
} from '../../src/verifier/index.ts';
import { openApprovalsFile } from '../../src/verifier/node/index.ts';
import { madeApproval } from '../contracts/approval-store.contract.ts';
import { createPaperWorld } from '../verifier/support/paper-world.ts';
import { sidecarToken, startTestSidecar, type TestSidecar } from './support/running-sidecar.ts';

const path = '/api/v1/approvals';
const who = { by: 'ops@acme.com', reason: 'CHG-1' };
let sidecar: TestSidecar;

async function start(approvals: ApprovalStore): Promise<TestSidecar> {
  const world = await createPaperWorld();
  const policy = { ...world.policy, approval: 'required' } as const;
  const verifier = createVerifier({ ...world.options(policy), approvals });
  return startTestSidecar({ world, verifier, approvals });
}

beforeEach(async () => {
  sidecar = await start(createMemoryApprovals());
});
afterEach(() => sidecar[Symbol.asyncDispose]());

const at = (name: string, verb = '') => `${path}/${encodeURIComponent(name)}${verb}`;
const ask = () => sidecar.post('/hooks/keycloak', { clientId: sidecar.world.clientId });

async function digestSeen(): Promise<string> {
  const { body } = await sidecar.send(at(sidecar.world.clientId));
  return (body as { seen: { digest: string } }).seen.digest;
}

describe('the approvals over HTTP', () => {
  it('show who waits, with its document; once it is allowed the next question passes', async () => {
    const { clientId, agentKey } = sidecar.world;
    expect((await ask()).body).toMatchObject({
      allow: false,
      errorDescription: expect.stringContaining('policy-not-met'),
    });
    const digest = await digestSeen();
    const seen = {
      digest,
      seenAt: '2026-11-20T12:00:00.000Z',
      issuer: 'did:web:id.acme.com',
      keys: [agentKey.thumbprint],
    };
    const summary = {
      name: clientId,
      kind: 'client',
      state: 'pending',
      decision: null,
      approved: null,
      seen,
    };
    expect((await sidecar.send(`${path}?state=pending`)).body).toEqual({ approvals: [summary] });
    const whole = (await sidecar.send(at(clientId))).body as { changes: { members: unknown[] } };
    expect(whole).toMatchObject({ ...summary, history: [] });
    expect(whole.changes.members).toContainEqual({ member: 'client_name', after: 'Billing Bot' });
    const allowed = await sidecar.post(at(clientId, '/allow'), { ...who, digest });
    expect(allowed).toMatchObject({
      status: 200,
      headers: { 'cache-control': 'no-store' },
      body: {
        state: 'allowed',
        decision: { state: 'allowed', ...who, at: '2026-11-20T12:00:00.000Z' },
      },
    });
    expect((await ask()).body).toMatchObject({ allow: true });
    expect(sidecar.said).toEqual([`${clientId} is allowed, by ops@acme.com: CHG-1`]);
  });

  it('block and forget, and keep who did it and why', async () => {
    const name = 'id.acme.com';
    expect((await sidecar.post(at(name, '/block'), who)).body).toMatchObject({ state: 'blocked' });
    expect((await ask()).body).toMatchObject({
      errorDescription: expect.stringContaining('client-blocked'),
    });
    const forgotten = await sidecar.post(at(name, '/forget'), { by: 'b', reason: 'c' });
    expect(forgotten.body).toMatchObject({
      state: 'forgotten',
      decision: { by: 'b', reason: 'c' },
      history: [{ state: 'blocked', ...who }],
    });
    expect((await sidecar.send(`${path}?state=blocked`)).body).toEqual({ approvals: [] });
  });

  it.each(['constructor', 'toString', '__proto__', 'allowed'])(
    'know no decision by the name of %s, and keep nothing',
    async (verb) => {
      const answer = await sidecar.post(at('id.acme.com', `/${verb}`), who);
      expect(answer).toMatchObject({ status: 404, body: { code: 'route-not-found' } });
      expect((await sidecar.send(path)).body).toEqual({ approvals: [] });
    },
  );

  it('take no digest of another document than the client presented', async () => {
    await ask();
    const answer = await sidecar.post(at(sidecar.world.clientId, '/allow'), {
      ...who,
      digest: 'x'.repeat(43),
    });
    expect(answer).toMatchObject({ status: 409, body: { code: 'approval-conflict' } });
    expect((await ask()).body).toMatchObject({ allow: false });
  });

  it.each<[string, object, string]>([
    ['without who', { reason: 'x' }, '/by'],
    ['without why', { by: 'x' }, '/reason'],
    ['with a blank why', { by: 'x', reason: ' ' }, '/reason'],
    ['with two lines', { by: 'x', reason: 'a\nb' }, '/reason'],
    ['with a line that turns around', { by: 'a\u202eb', reason: 'x' }, '/by'],
    ['with a long why', { by: 'x', reason: 'x'.repeat(501) }, '/reason'],
    ['with a member more', { ...who, state: 'allowed' }, '/state'],
    ['with a digest that is none', { ...who, digest: 'x' }, '/digest'],
    ['with a digest, of a host', { ...who, digest: 'x'.repeat(43) }, '/digest'],
  ])('refuse a decision %s, and keep nothing', async (_, body, pointer) => {
    const answer = await sidecar.post(at('id.acme.com', '/block'), body);
    expect(answer).toMatchObject({
      status: 400,
      body: { code: 'invalid-input', errors: [{ pointer }] },
    });
    expect((await sidecar.send(path)).body).toEqual({ approvals: [] });
  });

  it.each<[string, string, string, number]>([
    ['GET', `${path}/other.com`, 'approval-not-found', 404],
    ['GET', `${path}/%2A.acme.com`, 'invalid-input', 400],
    ['GET', `${path}/%`, 'invalid-input', 400],
    ['GET', `${path}?state=new`, 'invalid-input', 400],
    ['GET', `${path}?limit=5`, 'invalid-input', 400],
    ['GET', `${path}/id.acme.com/approve`, 'route-not-found', 404],
    ['POST', `${path}/https://id.acme.com/a/allow`, 'route-not-found', 404],
    ['GET', `${path}x`, 'route-not-found', 404],
    ['DELETE', `${path}/id.acme.com`, 'method-not-allowed', 405],
    ['GET', `${path}/id.acme.com/allow`, 'method-not-allowed', 405],
    ['POST', path, 'method-not-allowed', 405],
  ])('refuse %s %s: %s', async (method, target, code, status) => {
    expect(await sidecar.send(target, { method })).toMatchObject({ status, body: { code } });
  });

  it('refuse to forget what is not there, and a body that is no JSON', async () => {
    const forget = await sidecar.post(at('other.com', '/forget'), who);
    expect(forget).toMatchObject({ status: 404, body: { code: 'approval-not-found' } });
    const headers = { 'Content-Type': 'application/json' };
    const answer = await sidecar.send(at('other.com', '/block'), {
      method: 'POST',
      headers,
      body: '{"by":1,"by":2}',
    });
    expect(answer).toMatchObject({ status: 400, body: { code: 'body-malformed' } });
  });

  it.each([path, `${path}/id.acme.com/allow`])('refuse %s without the token', async (target) => {
    const answer = await sidecar.send(target, { method: 'POST', headers: { Authorization: 'x' } });
    expect(answer).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    expect(JSON.stringify(answer)).not.toContain(sidecarToken);
  });

  it('are not there where everybody may ask: without a token', async () => {
    await using open = await startTestSidecar({ approvals: createMemoryApprovals(), token: null });
    expect((await open.send(path)).body).toMatchObject({ code: 'route-not-found' });
  });

  it('are not there where none are kept', async () => {
    await using without = await startTestSidecar();
    expect((await without.send(path)).body).toMatchObject({ code: 'route-not-found' });
  });

  it('are counted in the metrics, by how they stand and without a name', async () => {
    await ask();
    await sidecar.post(at('other.com', '/block'), who);
    const { body } = await sidecar.send('/metrics');
    const lines = String(body)
      .split('\n')
      .filter((line) => /^sealwright_sidecar_approvals/.test(line));
    expect(lines).toEqual([
      'sealwright_sidecar_approvals{state="pending"} 1',
      'sealwright_sidecar_approvals{state="allowed"} 0',
      'sealwright_sidecar_approvals{state="blocked"} 1',
      'sealwright_sidecar_approvals{state="forgotten"} 0',
      'sealwright_sidecar_approvals_unreadable 0',
    ]);
    expect(String(body)).not.toContain('other.com');
  });
});

it('changes of a document are shown beside what was approved', async () => {
  const store = createMemoryApprovals();
  const approved = { ...madeApproval('x').seen, document: '{"client_name":"A"}' };
  const seen = { ...approved, digest: 'other', document: '{"client_name":"B"}', keys: ['key-2'] };
  const name = 'https://id.acme.com/a/x/client.json';
  const decision = { state: 'allowed', ...who, at: '2026-11-20T12:00:00Z', digest: 'x' } as const;
  await store.update(name, () => ({ name, decision, approved, seen, history: [] }) as never);
  await using changed = await start(store);
  expect((await changed.send(at(name))).body).toMatchObject({
    state: 'pending',
    changes: {
      members: [{ member: 'client_name', before: 'A', after: 'B' }],
      keys: { added: ['key-2'], removed: ['key-1'] },
    },
  });
});

it('a file that breaks denies, and is told as what it is', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'approval-routes-'));
  const file = await openApprovalsFile(join(folder, 'approvals.json'));
  try {
    await using broken = await start(file);
    rmSync(join(folder, 'approvals.json'));
    await file.reload();
    expect(await broken.send(path)).toMatchObject({
      status: 503,
      body: { code: 'approvals-unreadable' },
    });
    const asked = await broken.post('/hooks/keycloak', { clientId: broken.world.clientId });
    expect(asked.body).toMatchObject({ allow: false, error: 'temporarily_unavailable' });
    const { body } = await broken.send('/metrics');
    expect(body).toContain('sealwright_sidecar_approvals_unreadable 1\n');
  } finally {
    file.close();
    rmSync(folder, { recursive: true });
  }
});
