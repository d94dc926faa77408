import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OutsideIssuer, startOutsideIssuer } from '../support/outside-issuer.ts';
import { runRecorded } from '../support/recording-terminal.ts';
import { type RunningService, startRunningService } from '../support/running-service.ts';

const path = '/agents/billing-bot/credentials/import';
let running: RunningService;
let assessor: OutsideIssuer;
let subject: { clientId: string; did: string };

beforeAll(async () => {
  [running, assessor] = await Promise.all([startRunningService(), startOutsideIssuer()]);
  // Before anybody reads the list: copies are good for up to a minute.
  assessor.revoke(4711);
  const { body } = await running.call('POST', '/agents', {
    ...{ handle: 'billing-bot', kind: 'agent', name: 'Billing Bot', owners: ['lead@acme.com'] },
    keyCustody: 'registry',
  });
  subject = { clientId: String(body['clientId']), did: String(body['did']) };
});

afterAll(async () => {
  await running[Symbol.asyncDispose]();
  await assessor[Symbol.asyncDispose]();
});

const trust = (credentialTypes = ['AgentComplianceCredential', 'AcmeClearance']) =>
  running.call('POST', '/trusted-issuers', { issuer: assessor.did, credentialTypes });
const send = (jwt: string) => running.call('POST', path, { jwt });
const held = async () =>
  (await running.call('GET', '/agents/billing-bot/imports')).body['data'] as readonly {
    readonly id: string;
  }[];

describe('a credential of an outside issuer', () => {
  it('is refused without any request while the issuer is not trusted', async () => {
    const jwt = await assessor.issue(subject);
    const answer = await send(jwt);
    expect([answer.status, answer.body]).toMatchObject([
      422,
      { code: 'import-refused', detail: expect.stringContaining('issuer-not-trusted') },
    ]);
    await trust(['SomethingElse']);
    expect((await send(jwt)).body).toMatchObject({ code: 'import-refused' });
    expect(assessor.requests).toEqual([]);
    expect(await held()).toEqual([]);
  });

  it('is imported once it is found to hold, with its octets and their digest', async () => {
    await trust();
    const jwt = await assessor.issue(subject);
    const { status, body } = await send(jwt);
    expect(status).toBe(201);
    const sha256 = createHash('sha256').update(jwt).digest('base64url');
    const shown = {
      ...{ id: expect.stringMatching(/^imp_/), origin: 'imported', issuer: assessor.did, sha256 },
      ...{ types: ['AgentComplianceCredential'], state: 'accepted', cause: null },
    };
    expect(body).toMatchObject({ ...shown, jwt, claims: { id: subject.clientId } });
    const again = await send(jwt);
    expect(again.body['id']).toBe(body['id']);
    expect(await held()).toMatchObject([shown]);
    const whole = await running.call('GET', `/imports/${String(body['id'])}`);
    expect(whole.body['jwt']).toBe(jwt);
    const audit = await running.call('GET', '/audit?action=import.accepted');
    expect(audit.body['data']).toMatchObject([{ event: { details: { sha256 } } }]);
  });

  it('does not go into the passport', async () => {
    const document = (await (await fetch(subject.clientId)).json()) as { 'vc+jwt': string };
    const payload = JSON.parse(
      Buffer.from(document['vc+jwt'].split('.')[1] ?? '', 'base64url').toString(),
    );
    expect(payload.credentialSubject).not.toHaveProperty('complianceAttestations');
  });

  it.each([
    ['about another agent', { clientId: 'https://evil.example/a/bot/client.json' }],
    ['about another DID', { did: 'did:web:evil.example:a:billing-bot' }],
    ['that is over', { validForS: -10 }],
    ['that names no status', { changes: { credentialStatus: undefined } }],
    ['that is revoked', { index: 4711 }],
    ['with a member that nobody knows', { changes: { vc: {} } }],
    ['of a type that the issuer is not trusted for', { type: 'AgentAuthorizationCredential' }],
  ])('%s is refused and changes nothing', async (_, flaw) => {
    const before = await held();
    const answer = await send(await assessor.issue({ ...subject, ...flaw }));
    expect([answer.status, answer.body['code']]).toEqual([422, 'import-refused']);
    expect(await held()).toEqual(before);
  });

  it('that is no JWT, or too large, or signed by somebody else, is refused', async () => {
    const jwt = await assessor.issue(subject);
    const [header = '', payload = ''] = jwt.split('.');
    const forged = `${header}.${payload}.${Buffer.alloc(64, 1).toString('base64url')}`;
    const none = Buffer.from('{"alg":"none","typ":"vc+jwt","kid":"x"}').toString('base64url');
    for (const text of ['', 'a.b.c', 'x'.repeat(20_000), forged, `${none}.${payload}.`]) {
      const { body } = await send(text);
      expect(body['code']).toBe('import-refused');
      expect(JSON.stringify(body)).not.toContain(payload);
    }
  });

  it('makes nobody ask an address that the issuer made up', async () => {
    const asked: string[] = [];
    const inside = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.end('{}');
    }).listen(0, '127.0.0.1');
    await once(inside, 'listening');
    const { port } = inside.address() as AddressInfo;
    for (const list of [`http://127.0.0.1:${port}/l`, 'http://169.254.169.254/latest/meta-data']) {
      const entry = {
        ...{ type: 'BitstringStatusListEntry', statusPurpose: 'revocation' },
        ...{ statusListIndex: '1', statusListCredential: list },
      };
      const changes = { credentialStatus: [entry] };
      const answer = await send(await assessor.issue({ ...subject, changes }));
      expect(['import-refused', 'import-undetermined']).toContain(answer.body['code']);
    }
    inside.close();
    expect(asked).toEqual([]);
  });

  it('is not imported while the issuer cannot be asked', async () => {
    const silent = await startOutsideIssuer();
    const jwt = await silent.issue(subject);
    const issuer = { issuer: silent.did, credentialTypes: ['AgentComplianceCredential'] };
    await running.call('POST', '/trusted-issuers', issuer);
    silent.breakDown(true);
    const answer = await send(jwt);
    expect([answer.status, answer.body['code']]).toEqual([503, 'import-undetermined']);
    await silent[Symbol.asyncDispose]();
  });

  it('counts for nothing from the moment its issuer is trusted no longer', async () => {
    const { status } = await running.call(
      'DELETE',
      `/trusted-issuers/${encodeURIComponent(assessor.did)}`,
    );
    expect(status).toBe(204);
    expect(await held()).toMatchObject([{ state: 'rejected', cause: 'issuer-not-trusted' }]);
  });

  it('is imported, listed and trusted on the command line', async () => {
    const env = { SEALWRIGHT_SERVER: running.address, SEALWRIGHT_TOKEN: running.token };
    const run = (words: readonly string[], input = '') => runRecorded(words, { env, input });
    const types = ['--type', 'AgentComplianceCredential'];
    expect(await run(['issuer', 'trust', assessor.did, ...types])).toMatchObject({ code: 0 });
    const jwt = await assessor.issue(subject);
    const words = ['credential', 'import', 'billing-bot', '--jwt', '-', '--reason', 'AUD-7'];
    expect(await run(words, `${jwt}\n`)).toMatchObject({
      ...{ code: 0, err: '' },
      out: expect.stringMatching(/^imp_\w+ is accepted\n$/),
    });
    const list = await run(['credential', 'imports', 'billing-bot', '--json']);
    expect(JSON.parse(list.out)).toMatchObject([
      { state: 'rejected' },
      { state: 'accepted', reason: 'AUD-7' },
    ]);
    expect((await run(['issuer', 'list'])).out).toContain(assessor.did);
    expect(await run(['issuer', 'distrust', assessor.did])).toMatchObject({ code: 0 });
    const refused = await run(['issuer', 'distrust', assessor.did]);
    expect(refused).toMatchObject({
      code: 5,
      err: expect.stringContaining('(issuer-not-trusted)'),
    });
  });
});
