import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient } from '../../src/db/client.ts';
import { withClient } from '../../src/db/with-client.ts';
import { type CertificateFiles, writeCertificates } from '../../src/demo/certificates.ts';
import { type OwnPostgres, startOwnPostgres } from '../support/own-postgres.ts';

/** How OpenSSL says it depends on whether a known authority bears the same name. */
const untrusted = expect.stringMatching(
  /^(CERT_SIGNATURE_FAILURE|UNABLE_TO_VERIFY_LEAF_SIGNATURE)$/,
);
let folder: string;
let authority: CertificateFiles;
let stranger: CertificateFiles;
let server: OwnPostgres;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sw-database-tls-'));
  authority = await writeCertificates(mkdtempSync(join(folder, 'a-')), { daysValid: 2 });
  stranger = await writeCertificates(mkdtempSync(join(folder, 'b-')), { daysValid: 2 });
  server = await startOwnPostgres({
    tls: { cert: authority.certFile, key: authority.keyFile },
    access: ['hostssl all all 127.0.0.1/32 scram-sha-256'],
  });
  await server.run("CREATE ROLE app LOGIN PASSWORD 'kept secret'");
});

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const password = encodeURIComponent('kept secret');

function isProtected(parameters: string, host = 'localhost'): Promise<boolean | undefined> {
  const url = server.url(`app:${password}`, 'postgres', parameters).replace('localhost', host);
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ ssl: boolean }>(
      'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
    );
    return rows[0]?.ssl;
  });
}

describe('TLS to a server of one’s own', () => {
  it.each(['require', 'verify-ca', 'verify-full'])(
    'sslmode=%s with the authority of the server is protected',
    async (mode) => {
      expect(await isProtected(`?sslmode=${mode}&sslrootcert=${authority.caFile}`)).toBe(true);
    },
  );

  it.each(['require', 'verify-ca', 'verify-full'])(
    'sslmode=%s refuses a server that another authority vouches for',
    async (mode) => {
      await expect(
        isProtected(`?sslmode=${mode}&sslrootcert=${stranger.caFile}`),
      ).rejects.toMatchObject({ code: untrusted });
    },
  );

  it.each(['require', 'verify-full'])(
    'sslmode=%s refuses a server whose authorities are not known',
    async (mode) => {
      await expect(isProtected(`?sslmode=${mode}`)).rejects.toMatchObject({
        code: untrusted,
      });
    },
  );

  it('compares the name, unless it is told to look at the authority only', async () => {
    const root = `sslrootcert=${authority.caFile}`;
    for (const mode of ['require', 'verify-full']) {
      await expect(isProtected(`?sslmode=${mode}&${root}`, '127.0.0.1')).rejects.toMatchObject({
        code: 'ERR_TLS_CERT_ALTNAME_INVALID',
      });
    }
    expect(await isProtected(`?sslmode=verify-ca&${root}`, '127.0.0.1')).toBe(true);
  });

  it('says which certificate file cannot be read', async () => {
    await expect(
      isProtected('?sslmode=verify-full&sslrootcert=/nowhere.pem'),
    ).rejects.toMatchObject({
      code: 'start-refused',
      detail: 'The file /nowhere.pem that sslrootcert names cannot be read (ENOENT).',
    });
  });

  it('has the pool give up a protected server that falls silent', async () => {
    const passage = await openPassage(server.port);
    const parameters = `?sslmode=verify-full&sslrootcert=${authority.caFile}`;
    const url = server.url(`app:${password}`, 'postgres', parameters);
    const client = createClient(url.replace(String(server.port), String(passage.port)), {
      silentMs: 500,
    });
    expect(await client.$queryRaw`SELECT 1 AS one`).toEqual([{ one: 1 }]);
    passage.silence();
    const asked = performance.now();
    await expect(client.$queryRaw`SELECT 1`).rejects.toThrow(/connection/i);
    expect(performance.now() - asked).toBeLessThan(5_000);
    await client.$disconnect();
    await passage.close();
  });
});

describe('a session', () => {
  const limits = `SELECT current_setting('statement_timeout') AS statement,
    current_setting('lock_timeout') AS lock,
    current_setting('idle_in_transaction_session_timeout') AS idle,
    current_setting('timezone') AS zone, current_setting('application_name') AS name`;

  it('of the service ends what takes long, whatever the role says', async () => {
    await server.run("ALTER ROLE sealwright SET statement_timeout = '1h'");
    const client = createClient(server.adminUrl);
    expect(await client.$queryRawUnsafe(limits)).toEqual([
      { statement: '7s', lock: '5s', idle: '15s', zone: 'UTC', name: 'sealwright' },
    ]);
    await client.$disconnect();
  });

  it('of maintenance takes the time it needs', async () => {
    const { rows } = await withClient(server.adminUrl, (client) => client.query(limits));
    expect(rows).toEqual([
      { statement: '0', lock: '0', idle: '0', zone: 'UTC', name: 'sealwright' },
    ]);
  });

  it('takes what the URL says before that, and stays in UTC', async () => {
    const options = encodeURIComponent(
      '-c statement_timeout=2s -c timezone=Asia/Tokyo -c datestyle=german',
    );
    const url = `${server.adminUrl}&options=${options}&application_name=registry`;
    const client = createClient(url);
    expect(await client.$queryRawUnsafe(limits)).toEqual([
      { statement: '2s', lock: '5s', idle: '15s', zone: 'UTC', name: 'registry' },
    ]);
    const moment = new Date('2026-11-22T01:02:03.004Z');
    expect(await client.$queryRaw`SELECT ${moment}::timestamptz AS moment`).toEqual([{ moment }]);
    await client.$disconnect();
  });
});

describe('a server that asks for certificates of its clients', () => {
  it('takes the one that sslcert and sslkey name, and nobody without', async () => {
    const ca = await generate([{ name: 'commonName', value: 'Clients' }], {
      keyType: 'ec',
      algorithm: 'sha256',
      extensions: [{ name: 'basicConstraints', cA: true, critical: true }],
    });
    const leaf = await generate([{ name: 'commonName', value: 'app' }], {
      keyType: 'ec',
      algorithm: 'sha256',
      ca: { key: ca.private, cert: ca.cert },
    });
    const cert = write('client.crt', leaf.cert);
    const key = write('client.key', leaf.private);
    const clientCa = write('clients.pem', ca.cert);
    await using strict = await startOwnPostgres({
      tls: { cert: authority.certFile, key: authority.keyFile, clientCa },
      access: ['hostssl all all 127.0.0.1/32 cert'],
    });
    await strict.run('CREATE ROLE app LOGIN');
    const root = `?sslmode=verify-full&sslrootcert=${authority.caFile}`;
    const shown = strict.url('app', 'postgres', `${root}&sslcert=${cert}&sslkey=${key}`);
    const who = await withClient(shown, (client) => client.query('SELECT current_user AS who'));
    expect(who.rows).toEqual([{ who: 'app' }]);
    await expect(
      withClient(strict.url('app', 'postgres', root), (client) => client.query('SELECT 1')),
    ).rejects.toMatchObject({ code: '28000' });
  });
});

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** A way to a port that may go silent: open, and nothing comes through. */
async function openPassage(target: number) {
  const sockets: Socket[] = [];
  const passage = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    for (const socket of [near, far]) socket.on('error', () => undefined);
    sockets.push(near, far);
    near.pipe(far).pipe(near);
  }).listen(0, '127.0.0.1');
  await once(passage, 'listening');
  const address = passage.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    silence: () => {
      for (const socket of sockets) socket.unpipe().pause();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      passage.close();
      await once(passage, 'close');
    },
  };
}
