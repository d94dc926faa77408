import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ClientIds, parseClientIds } from '../../src/sidecar/client-ids.ts';
import { FollowedFile } from '../../src/sidecar/followed-file.ts';
import { followPolicyFile, type PolicyFollower } from '../../src/verifier/node/index.ts';
import { startTestSidecar, type TestSidecar } from './support/running-sidecar.ts';

let folder: string;
let path: string;
let sidecar: TestSidecar;
let follower: PolicyFollower;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sealwright-sidecar-'));
  path = join(folder, 'trust.json');
  sidecar = await startTestSidecar();
  writeFileSync(path, JSON.stringify(sidecar.world.policy));
  const onReload = sidecar.policy.take.bind(sidecar.policy);
  follower = followPolicyFile(sidecar.verifier, { path }, { onReload, everyMs: 60_000 });
});

afterEach(async () => {
  follower.close();
  await sidecar[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const ready = async () => (await sidecar.send('/readyz')).body;
const allowed = async () => {
  const { body } = await sidecar.post('/hooks/keycloak', { clientId: sidecar.world.clientId });
  return body;
};

describe('a policy file', () => {
  it('that breaks leaves the one before in force, says so, and mends when it is mended', async () => {
    writeFileSync(path, '{"mode":"enforce","trust":');
    await follower.reload();
    expect(await ready()).toEqual({ status: 'ok', policy: 'stale', mode: 'enforce' });
    expect(await allowed()).toMatchObject({ allow: true });
    writeFileSync(path, '{"mode":"enforce","trust":[]}');
    await follower.reload();
    expect(await ready()).toEqual({ status: 'ok', policy: 'current', mode: 'enforce' });
    expect(await allowed()).toMatchObject({ allow: false });
  });

  it('that is gone is broken too', async () => {
    rmSync(path);
    await follower.reload();
    expect(await ready()).toMatchObject({ policy: 'stale' });
    expect(await allowed()).toMatchObject({ allow: true });
  });

  it('that goes over to monitor mode lets pass from the next question on', async () => {
    writeFileSync(path, '{"mode":"monitor","trust":[]}');
    await follower.reload();
    expect(await ready()).toMatchObject({ mode: 'monitor' });
    expect(await allowed()).toMatchObject({ allow: true });
    expect(sidecar.decisions().at(-1)).toMatchObject({ mode: 'monitor', outcome: 'rejected' });
  });
});

describe('the table of client names', () => {
  const write = (text: string) => writeFileSync(join(folder, 'clients.json'), text);
  const file = () =>
    new FollowedFile<ClientIds>({
      path: join(folder, 'clients.json'),
      parse: JSON.parse,
      read: parseClientIds,
      empty: new Map(),
    });

  it('keeps the last one that could be read', async () => {
    const clients = file();
    write('{"0oa1":"https://id.acme.com/a/x/client.json"}');
    expect(await clients.reload()).toMatchObject({ ok: true });
    for (const broken of ['{', '[]', '{"0oa1":7}', '{"0oa1":""}', '"x"']) {
      write(broken);
      expect(await clients.reload()).toMatchObject({ ok: false });
      expect(clients.content.get('0oa1')).toBe('https://id.acme.com/a/x/client.json');
    }
    write('{}');
    await clients.reload();
    expect(clients.content.size).toBe(0);
  });

  it('names each entry that is wrong, and a file that is not there', async () => {
    write('{"a":1,"b/c":"https://x.example/y","d":null}');
    expect(await file().reload()).toMatchObject({
      faults: [
        { pointer: '/a', detail: 'must be a client_id' },
        { pointer: '/d', detail: 'must be a client_id' },
      ],
    });
    rmSync(join(folder, 'clients.json'));
    expect(await file().reload()).toMatchObject({
      faults: [{ pointer: '', detail: 'the file cannot be read (ENOENT)' }],
    });
  });
});
