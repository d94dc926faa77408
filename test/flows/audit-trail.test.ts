import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseCheckpoint } from '../../src/audit/checkpoint.ts';
import { rootFromPath, rootsFromProof } from '../audit/recursive-tree.ts';
import { asJson, readsLogs } from '../credentials/made-claims.ts';
import { runRecorded } from '../support/recording-terminal.ts';
import { type RunningService, startRunningService } from '../support/running-service.ts';

const reason = 'CHG-4711';
const folder = mkdtempSync(join(tmpdir(), 'sealwright-audit-'));
const fileOf = (name: string) => join(folder, name);

let service: RunningService;
let database: pg.Client;
let credential: string;

beforeAll(async () => {
  service = await startRunningService();
  database = new pg.Client({ connectionString: service.connectionString });
  await database.connect();
  const owners = ['a@acme.com', 'b@acme.com'];
  const order = { handle: 'bot', kind: 'agent', name: 'Bot', owners, keyCustody: 'registry' };
  await service.call('POST', '/agents', order);
  const facet = { type: 'allowed-actions', claims: asJson(readsLogs), reason };
  const issued = await service.call('POST', '/agents/bot/credentials', facet);
  credential = String(issued.body['id']);
  await service.call('POST', `/credentials/${credential}/revoke`, { reason: 'INC-7' });
});

afterAll(async () => {
  await database.end();
  await service[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

/** A command line against the running service. */
function cli(...words: string[]) {
  const env = { SEALWRIGHT_SERVER: service.url, SEALWRIGHT_TOKEN: service.token };
  return runRecorded(words, { env });
}

async function publicText(path: string): Promise<string> {
  const response = await fetch(`${service.url}${path}`);
  expect([response.status, response.headers.get('content-type')]).toEqual([
    200,
    'text/plain; charset=utf-8',
  ]);
  return response.text();
}

/** The receipts of the credential: with them a checkpoint is signed that has all there is of it. */
async function receiptsOf(action: string) {
  const path = `/credentials/${credential}/receipts?action=${action}`;
  const { status, body } = await service.call('GET', path);
  expect(status).toBe(200);
  return body['data'] as { body: string; previousHash: string; proof: Proof; checkpoint: string }[];
}

interface Proof {
  readonly index: number;
  readonly size: number;
  readonly path: readonly string[];
}

const octets = (text: string) => Buffer.from(text, 'base64');

describe('a record', () => {
  test('M-06: says who, what, why and from where, by the id that the answer had', async () => {
    const answer = await service.call('POST', '/tokens', {
      name: 'reader',
      scopes: ['agents:read'],
    });
    const requestId = answer.headers.get('x-request-id');
    const { body } = await service.call('GET', `/audit?requestId=${requestId}`);
    expect(body['data']).toMatchObject([
      {
        event: {
          action: 'token.created',
          subject: answer.body['id'],
          actor: { kind: 'token', from: { address: '127.0.0.1', requestId } },
        },
      },
    ]);
  });

  test('believes no header about where the call came from', async () => {
    const response = await fetch(`${service.url}/api/v1/tokens`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${service.token}`,
        'content-type': 'application/json',
        'x-forwarded-for': '203.0.113.9',
        'x-request-id': 'mine',
      },
      body: JSON.stringify({ name: 'other', scopes: ['agents:read'] }),
    });
    const requestId = response.headers.get('x-request-id') ?? '';
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    const { body } = await service.call('GET', `/audit?requestId=${requestId}`);
    expect(JSON.stringify(body)).toContain('"address":"127.0.0.1"');
  });

  test('M-06: of an update says what was and what is', async () => {
    await service.call('PATCH', '/agents/bot', { name: 'Renamed', tags: ['prod'] });
    await service.call('PATCH', '/organization', { name: 'Acme Ltd' });
    const { body } = await service.call('GET', '/audit?action=agent.updated');
    expect(body['data']).toMatchObject([
      {
        event: {
          details: {
            members: ['name', 'tags'],
            changes: {
              name: { before: 'Bot', after: 'Renamed' },
              tags: { before: [], after: ['prod'] },
            },
          },
        },
      },
    ]);
    const { body: about } = await service.call('GET', '/audit?action=organization.updated');
    expect(JSON.stringify(about)).toContain('"after":"Acme Ltd"');
  });

  test('is found by who acted', async () => {
    const { body } = await service.call('GET', '/audit?action=credential.revoked');
    const [{ event }] = body['data'] as [{ event: { actor: { id: string } } }];
    const found = await service.call('GET', `/audit?actor=${event.actor.id}&limit=200`);
    const actors = (found.body['data'] as { event: { actor: { id: string } } }[]).map(
      (row) => row.event.actor.id,
    );
    expect(new Set(actors)).toEqual(new Set([event.actor.id]));
    expect((await service.call('GET', '/audit?actor=tok_nobody')).body['data']).toEqual([]);
  });
});

describe('a receipt', () => {
  test('M-05: of a revocation is proved by the public checkpoint, without our code', async () => {
    const [receipt] = await receiptsOf('credential.revoked');
    if (receipt === undefined) throw new Error('no receipt');
    const checkpoint = parseCheckpoint(await publicText('/audit/checkpoint'));
    expect(parseCheckpoint(receipt.checkpoint)).toEqual(checkpoint);
    const { createHash } = await import('node:crypto');
    const entry = createHash('sha256').update(`${receipt.previousHash}\n${receipt.body}`).digest();
    const { index: m, size: n, path } = receipt.proof;
    expect(rootFromPath({ m, n, entry }, path.map(octets))).toEqual(checkpoint?.root);
    expect(JSON.parse(receipt.body)).toMatchObject({
      action: 'credential.revoked',
      subject: credential,
      reason: 'INC-7',
    });
  });

  test('is checked from the command line, offline, and a changed one is not believed', async () => {
    const none = await cli('audit', 'receipt', credential, '--action', 'credential.resumed');
    expect(none).toMatchObject({ code: 1, out: '{\n  "data": []\n}\n' });
    expect(none.err).toContain('there is no receipt');
    const printed = await cli('audit', 'receipt', credential, '--action', 'credential.issued');
    expect(printed.code).toBe(0);
    writeFileSync(fileOf('receipts.json'), printed.out);
    writeFileSync(fileOf('key.txt'), await publicText('/audit/key'));
    const check = (name: string) =>
      runRecorded(['audit', 'check-receipt', fileOf(name), '--key', fileOf('key.txt')]);
    expect(await check('receipts.json')).toMatchObject({
      code: 0,
      out: expect.stringMatching(
        /^✔ credential\.issued of crd_\w+ at .* is in localhost:\d+\/audit/,
      ),
    });
    for (const [from, to] of [
      ['CHG-4711', 'CHG-4712'],
      ['"index": ', '"index": 1'],
      ['\\n\\n—', 'A\\n\\n—'],
    ] as const) {
      expect(printed.out).toContain(from);
      writeFileSync(fileOf('forged.json'), printed.out.replace(from, to));
      expect(await check('forged.json')).toMatchObject({ code: 1 });
    }
  });

  test('shows nothing of other organizations, and is not given to them', async () => {
    const { body } = await service.call('GET', '/audit?action=credential.issued&limit=1');
    const [{ event }] = body['data'] as [{ event: { id: string } }];
    const own = await service.call('GET', `/audit/receipts/${event.id}`);
    expect(own.status).toBe(200);
    await database.query(
      `INSERT INTO organizations SELECT 'org_other', replace(base_url, 'localhost', 'other'),
              replace(did, 'localhost', 'other'), name, contact, created_at FROM organizations`,
    );
    await database.query(
      `INSERT INTO api_tokens (id, organization_id, name, scopes, hash, created_at)
       SELECT 'tok_other', 'org_other', 'other', scopes, encode(sha256('swt_other'), 'hex'), now()
         FROM api_tokens WHERE 'org:admin' = ANY (scopes) LIMIT 1`,
    );
    const foreign = await service.call(
      'GET',
      `/audit/receipts/${event.id}`,
      undefined,
      'swt_other',
    );
    expect([foreign.status, foreign.body['code']]).toEqual([404, 'audit-record-not-found']);
    const at = `/credentials/${credential}/receipts`;
    expect((await service.call('GET', at, undefined, 'swt_other')).status).toBe(404);
  });
});

describe('checkpoints', () => {
  test('M-05: are consistent, by proofs that the definition of RFC 6962 confirms', async () => {
    const [early] = await receiptsOf('credential.revoked');
    for (let at = 0; at < 5; at += 1) {
      await service.call('POST', '/tokens', { name: `t${at}`, scopes: ['agents:read'] });
    }
    const { body: page } = await service.call('GET', '/audit?action=token.created&limit=200');
    const last = (page['data'] as { event: { id: string } }[]).at(-1)?.event.id;
    const { body: late } = await service.call('GET', `/audit/receipts/${last}`);
    const [first, second] = [early?.checkpoint ?? '', String(late['checkpoint'])].map(
      parseCheckpoint,
    );
    if (!first || !second) throw new Error('no checkpoints');
    expect(second.size).toBeGreaterThan(first.size);
    const query = `from=${first.size}&to=${second.size}`;
    const { body } = await service.call('GET', `/audit/consistency?${query}`);
    const path = (body['path'] as string[]).map(octets);
    expect(rootsFromProof({ m: first.size, n: second.size, known: first.root }, path)).toEqual([
      first.root,
      second.root,
    ]);
    const beyond = await service.call('GET', `/audit/consistency?from=1&to=${second.size + 1}`);
    expect([beyond.status, beyond.body['code']]).toEqual([400, 'invalid-input']);
  });

  test('stand in the second place before they are public', async () => {
    await receiptsOf('credential.revoked');
    const note = await publicText('/audit/checkpoint');
    const directory = join(service.dataDir, 'audit');
    const text = readdirSync(directory)
      .filter((name) => name.startsWith('checkpoints-'))
      .map((name) => readFileSync(join(directory, name), 'utf8'))
      .join('');
    const notes = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).note);
    expect(notes.at(-1)).toBe(note);
  });

  test('are signed by a key that no document of an identity lists', async () => {
    // The last part is base64, which may have a + itself.
    const key = (await publicText('/audit/key')).trim().split('+').slice(2).join('+');
    const x = octets(key).subarray(1).toString('base64url');
    expect(x).toHaveLength(43);
    for (const path of ['/jwks.json', '/.well-known/did.json']) {
      expect(await (await fetch(`${service.url}${path}`)).text()).not.toContain(x);
    }
    const { rows } = await database.query(
      `SELECT purpose, sealed FROM signing_keys WHERE purpose = 'audit'`,
    );
    expect(rows).toHaveLength(1);
    expect(rows[0].sealed.length).toBeGreaterThan(32);
  });
});

describe('an export', () => {
  test('as JSON lines is checked without the service, against a checkpoint and its key', async () => {
    await receiptsOf('credential.revoked');
    writeFileSync(fileOf('key.txt'), await publicText('/audit/key'));
    writeFileSync(fileOf('checkpoint.txt'), await publicText('/audit/checkpoint'));
    const out = fileOf('audit.jsonl');
    expect(await cli('audit', 'export', '--complete', '--out', out)).toMatchObject({ code: 0 });
    const verify = (path: string) =>
      runRecorded([
        ...['audit', 'verify', '--file', path, '--json'],
        ...['--against', fileOf('checkpoint.txt'), '--key', fileOf('key.txt')],
      ]);
    const whole = await verify(out);
    expect([whole.code, whole.err, JSON.parse(whole.out)]).toMatchObject([0, '', { intact: true }]);
    const lines = readFileSync(out, 'utf8').trimEnd().split('\n');
    const damaged: readonly (readonly [string, readonly string[], number])[] = [
      [
        'M-02 a byte',
        lines.map((line) => line.replace(reason, 'CHG-4712')),
        firstWith(lines, reason),
      ],
      ['M-02 a line deleted', lines.toSpliced(4, 1), 5],
      ['M-02 two swapped', lines.toSpliced(4, 2, lines[5] ?? '', lines[4] ?? ''), 5],
      ['M-02 a line twice', lines.toSpliced(4, 0, lines[4] ?? ''), 6],
      [
        'M-02 a line inserted',
        lines.toSpliced(4, 0, (lines[4] ?? '').replace('"org_', '"orx_')),
        5,
      ],
      ['M-03 the end cut off', lines.slice(0, 6), 7],
    ];
    for (const [name, text, brokenAt] of damaged) {
      writeFileSync(fileOf('damaged.jsonl'), text.join('\n'));
      const { code, out: found } = await verify(fileOf('damaged.jsonl'));
      expect([name, code, JSON.parse(found)]).toMatchObject([name, 1, { brokenAt }]);
    }
    writeFileSync(fileOf('damaged.jsonl'), 'nonsense\n');
    expect((await verify(fileOf('damaged.jsonl'))).code).toBe(2);
  });

  test('is narrowed by what listings are narrowed by', async () => {
    const { out } = await cli('audit', 'export', '--action', 'credential.revoked');
    const rows = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).event.subject);
    expect(rows).toContain(credential);
    const both = await service.call('GET', '/audit/export?complete=true&action=agent.updated');
    expect([both.status, both.body['code']]).toEqual([400, 'invalid-input']);
  });

  test('for a SIEM has events of OCSF', async () => {
    const { out } = await cli('audit', 'export', '--format', 'ocsf', '--subject', credential);
    const events = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map(({ message, type_uid: type }) => [message, type])).toEqual([
      ['credential.intended', 300499],
      ['credential.issued', 300401],
      ['credential.revoked', 300404],
    ]);
    expect(events.at(-1)).toMatchObject({
      metadata: { version: '1.1.0', product: { name: 'Sealwright' } },
      ...{ class_uid: 3004, category_uid: 3, severity_id: 3, status_id: 1 },
      actor: { user: { type: 'token' } },
      src_endpoint: { ip: '127.0.0.1' },
      entity: { uid: credential, type: 'credential' },
      comment: 'INC-7',
    });
  });
});

function firstWith(lines: readonly string[], text: string): number {
  return lines.findIndex((line) => line.includes(text)) + 1;
}

/** Writes the chain anew from a record on, as somebody would who can write to every table. */
const chainAnewFrom = (sequence: number) => `
  DO $$ DECLARE r record; previous text := (SELECT hash FROM audit_records WHERE sequence = ${sequence - 1});
  BEGIN
    FOR r IN SELECT * FROM audit_records WHERE sequence >= ${sequence} ORDER BY sequence LOOP
      UPDATE audit_records SET previous_hash = previous,
             hash = encode(sha256(convert_to(previous || chr(10) || r.body, 'UTF8')), 'hex')
       WHERE sequence = r.sequence RETURNING hash INTO previous;
    END LOOP;
    UPDATE audit_head SET hash = previous;
  END $$;`;

const renumberFrom = (sequence: number, by: number) => `
  UPDATE audit_records SET sequence = -sequence - 1000 WHERE sequence >= ${sequence};
  UPDATE audit_records SET sequence = -sequence - 1000 + ${by} WHERE sequence < -1000;`;

const copyAs = (sequence: number, from: number) => `
  INSERT INTO audit_records (sequence, id, at, organization_id, action, subject, actor, request_id,
         body, previous_hash, hash)
  SELECT ${sequence}, 'evt_copy', at, organization_id, action, subject, actor, request_id, body,
         previous_hash, hash FROM audit_records WHERE sequence = ${from};`;

const reworded = (sequence: number) => `
  UPDATE audit_records SET body = replace(body, '"reason":null', '"reason":"none"')
   WHERE sequence = ${sequence};`;

const cutTo = (size: number) => `
  DELETE FROM audit_records WHERE sequence > ${size};
  UPDATE audit_head SET sequence = ${size}, hash = (SELECT hash FROM audit_records WHERE sequence = ${size});`;

const forgetTree = 'DELETE FROM audit_tiles; DELETE FROM audit_checkpoints;';

describe('a trail that somebody changed in the database', () => {
  const tables = ['audit_records', 'audit_head', 'audit_tiles', 'audit_checkpoints'];
  let checkpoint: string;

  beforeAll(async () => {
    await receiptsOf('credential.revoked');
    checkpoint = await publicText('/audit/checkpoint');
    for (const name of tables) await database.query(`CREATE TABLE kept_${name} AS TABLE ${name}`);
  });

  async function restore(): Promise<void> {
    for (const name of tables) {
      // The service may be about to grow the tree: one transaction, which it waits for.
      await database.query(
        `LOCK TABLE ${name} IN EXCLUSIVE MODE; DELETE FROM ${name};
         INSERT INTO ${name} SELECT * FROM kept_${name}`,
      );
    }
  }

  test.each<[string, string, number, string]>([
    ['M-02: a byte flipped', reworded(2), 2, 'the record was altered'],
    [
      'M-02: a record written anew with its hash',
      `${reworded(2)} UPDATE audit_records SET hash =
        encode(sha256(convert_to(previous_hash || chr(10) || body, 'UTF8')), 'hex') WHERE sequence = 2;`,
      2,
      'the tree that is stored has another record here',
    ],
    [
      'M-02: all records from one on written anew, with their hashes',
      reworded(2) + chainAnewFrom(2),
      2,
      'the tree that is stored has another record here',
    ],
    [
      'M-02: all written anew, and the tree and its checkpoints forgotten',
      reworded(2) + chainAnewFrom(2) + forgetTree,
      1,
      'are not those of',
    ],
    [
      'M-02: a record deleted',
      'DELETE FROM audit_records WHERE sequence = 5',
      5,
      'a record is missing or out of order',
    ],
    [
      'M-02: a record deleted and the rest numbered anew',
      `DELETE FROM audit_records WHERE sequence = 5; ${renumberFrom(6, -1)}`,
      5,
      'the record does not follow the one before it',
    ],
    [
      'M-02: two records swapped',
      `UPDATE audit_records SET sequence = -5 WHERE sequence = 5;
       UPDATE audit_records SET sequence = 5 WHERE sequence = 6;
       UPDATE audit_records SET sequence = 6 WHERE sequence = -5;`,
      5,
      'the record does not follow the one before it',
    ],
    [
      'M-02: a record there twice',
      renumberFrom(6, 1) + copyAs(6, 5),
      6,
      'the record does not follow the one before it',
    ],
    [
      'M-02: a record inserted, with its hash',
      `${renumberFrom(6, 1) + copyAs(6, 5)} UPDATE audit_records SET previous_hash = (SELECT hash
         FROM audit_records WHERE sequence = 5) WHERE sequence = 6;`,
      6,
      'the record was altered',
    ],
    [
      'M-02: a column that says something else than the record',
      `UPDATE audit_records SET subject = 'agt_other' WHERE sequence = 4`,
      4,
      'a column of the record disagrees with its hashed body',
    ],
    [
      'M-02: who acted, in its column',
      `UPDATE audit_records SET actor = 'tok_other' WHERE sequence = 4`,
      4,
      'a column of the record disagrees with its hashed body',
    ],
    [
      'M-03: the end cut off',
      'DELETE FROM audit_records WHERE sequence > 8',
      9,
      'the trail ends here',
    ],
    ['M-03: the end cut off, with the head', cutTo(8), 9, 'the trail ends here'],
    [
      'M-03: the end cut off, with the head, the tree and its checkpoints',
      cutTo(8) + forgetTree,
      9,
      'the trail ends here',
    ],
  ])('%s', async (_, sql, brokenAt, detail) => {
    try {
      await database.query(sql);
      const { body } = await service.call('GET', '/audit/verify');
      expect(body).toMatchObject({ intact: false, brokenAt });
      expect(body['detail']).toContain(detail);
      writeFileSync(fileOf('held.txt'), checkpoint);
      expect((await cli('audit', 'verify', '--against', fileOf('held.txt'))).code).toBe(1);
    } finally {
      await restore();
    }
    expect((await service.call('GET', '/audit/verify')).body).toMatchObject({ intact: true });
  });

  test('M-03: is found by a checkpoint that somebody else holds, when the second place is gone too', async () => {
    const directory = join(service.dataDir, 'audit');
    const names = readdirSync(directory).filter((name) => name.startsWith('checkpoints-'));
    const kept = names.map((name) => readFileSync(join(directory, name)));
    writeFileSync(fileOf('held.txt'), checkpoint);
    try {
      for (const name of names) rmSync(join(directory, name));
      await database.query(cutTo(8) + forgetTree);
      expect((await service.call('GET', '/audit/verify')).body).toMatchObject({ intact: true });
      const found = await cli('audit', 'verify', '--against', fileOf('held.txt'), '--json');
      expect([found.code, JSON.parse(found.out)]).toMatchObject([1, { brokenAt: 9 }]);
    } finally {
      await restore();
      for (const [at, name] of names.entries())
        writeFileSync(join(directory, name), kept[at] ?? '');
    }
  });

  test('gets no checkpoint, which the service says, and its public documents stay', async () => {
    const more = await service.call('POST', '/tokens', { name: 'more', scopes: ['agents:read'] });
    const { body } = await service.call('GET', `/audit?subject=${more.body['id']}`);
    const [{ event }] = body['data'] as [{ event: { id: string } }];
    await database.query(
      'UPDATE audit_tiles SET hashes = set_byte(hashes, 40, 255 - get_byte(hashes, 40))',
    );
    const refused = await service.call('GET', `/audit/receipts/${event.id}`);
    expect([refused.status, refused.body['code']]).toEqual([503, 'checkpoint-unavailable']);
    const ready = await fetch(`${service.url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([
      200,
      {
        status: 'ok',
        checks: [
          { name: 'database', ok: true, needed: false },
          { name: 'audit', ok: true, needed: false },
          { name: 'audit-checkpoints', ok: false, needed: false },
        ],
      },
    ]);
    expect(await publicText('/audit/checkpoint')).toBe(checkpoint);
    await database.query(
      'UPDATE audit_tiles SET hashes = set_byte(hashes, 40, 255 - get_byte(hashes, 40))',
    );
    expect((await service.call('GET', `/audit/receipts/${event.id}`)).status).toBe(200);
    const again = await (await fetch(`${service.url}/readyz`)).text();
    expect(again).toContain('{"name":"audit-checkpoints","ok":true');
  });
});
