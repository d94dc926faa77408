import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CertificateFiles, writeCertificates } from '../../src/demo/certificates.ts';
import { type OwnPostgres, startOwnPostgres } from '../support/own-postgres.ts';
import { runRecorded } from '../support/recording-terminal.ts';
import { freePort } from '../support/running-service.ts';

const canary = 'canary';
let folder: string;
let authority: CertificateFiles;
let open: OwnPostgres;
let closed: OwnPostgres;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sw-config-check-'));
  authority = await writeCertificates(folder, { daysValid: 2 });
  open = await startOwnPostgres();
  closed = await startOwnPostgres({
    tls: { cert: authority.certFile, key: authority.keyFile },
    access: ['hostssl registry all 127.0.0.1/32 scram-sha-256'],
  });
  for (const server of [open, closed]) {
    await server.run(`CREATE ROLE app LOGIN PASSWORD '${canary}'`);
    await server.run('CREATE DATABASE registry OWNER app');
  }
});

afterAll(async () => {
  await open?.[Symbol.asyncDispose]();
  await closed?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

interface Checked {
  readonly ok: boolean;
  readonly faults: readonly {
    readonly variable: string;
    readonly code: string;
    readonly fix: string;
  }[];
  readonly warnings: readonly object[];
  readonly database: string | null;
}

/** Nothing that is printed, for people or programs, may hold the password. */
async function check(url: string): Promise<Checked & { readonly code: number; text: string }> {
  const env = { DATABASE_URL: url };
  const text = await runRecorded(['config', 'check'], { env });
  const json = await runRecorded(['config', 'check', '--json'], { env });
  expect(json.code).toBe(text.code);
  expect(text.out + text.err + json.out + json.err).not.toContain(canary);
  return { ...(JSON.parse(json.out) as Checked), code: text.code, text: text.out };
}

const app = `app:${canary}`;

describe('config check', () => {
  it('says which database it found usable', async () => {
    const url = open.url(app, 'registry');
    expect(await check(url)).toEqual({
      ok: true,
      faults: [],
      warnings: [],
      database: `registry on localhost:${open.port}`,
      code: 0,
      text: `✔ The configuration is usable. The database is registry on localhost:${open.port}.\n`,
    });
  });

  it('prints a fault with its code and what mends it', async () => {
    const { text, code } = await check(open.url(`app:not-${canary}`, 'registry'));
    expect(text).toBe(
      [
        '✖ DATABASE_URL: The server does not take the password of app, or knows no such role. (database-password)',
        '  fix  Mend user and password in DATABASE_URL; special characters are %-encoded.',
        '',
      ].join('\n'),
    );
    expect(code).toBe(2);
  });

  const root = () => `?sslmode=verify-full&sslrootcert=${authority.caFile}`;
  it.each<[string, string, () => string]>([
    [
      'a host without an address',
      'database-host-unknown',
      () => `postgresql://${app}@nowhere.invalid/registry?sslmode=verify-full`,
    ],
    [
      'a socket that is not there',
      'database-refused',
      () => `postgresql://${app}@localhost/registry?host=/nowhere`,
    ],
    [
      'a role that there is not',
      'database-password',
      () => open.url(`ghost:${canary}`, 'registry'),
    ],
    ['no password', 'database-password', () => open.url('app', 'registry')],
    ['no such database', 'database-absent', () => open.url(app, 'other')],
    ['a role without CREATE', 'database-not-permitted', () => open.url(app, 'postgres')],
    ['a server without TLS', 'database-tls-unsupported', () => open.url(app, 'registry', root())],
    [
      'a server that lets nobody in without TLS',
      'database-access',
      () => closed.url(app, 'registry'),
    ],
    ['a rule that is missing', 'database-access', () => closed.url(app, 'postgres', root())],
    [
      'an authority that is not known',
      'database-tls-untrusted',
      () => closed.url(app, 'registry', '?sslmode=require'),
    ],
    [
      'a certificate for another host',
      'database-tls-name',
      () => closed.url(app, 'registry', root()).replace('localhost', '127.0.0.1'),
    ],
    [
      'an authority that cannot be read',
      'database-url',
      () => closed.url(app, 'registry', '?sslmode=require&sslrootcert=/nowhere.pem'),
    ],
    [
      'an authority that is no certificate',
      'database-url',
      () => closed.url(app, 'registry', `?sslmode=require&sslrootcert=${authority.keyFile}`),
    ],
    [
      'a certificate of ours without its key',
      'database-url',
      () =>
        closed.url(
          app,
          'registry',
          `${root()}&sslcert=${authority.caFile}&sslkey=${authority.keyFile}`,
        ),
    ],
  ])('names %s: %s', async (_, expected, url) => {
    const { ok, code, faults, text } = await check(url());
    expect(faults.map((fault) => [fault.variable, fault.code])).toEqual([
      ['DATABASE_URL', expected],
    ]);
    expect(faults[0]?.fix).not.toBe('');
    expect(text).toContain(`(${expected})\n  fix  `);
    expect([ok, code]).toEqual([false, 2]);
  });

  it('names a port that nobody listens on', async () => {
    const url = `postgresql://${app}@localhost:${await freePort()}/registry`;
    expect((await check(url)).faults.map(({ code }) => code)).toEqual(['database-refused']);
  });

  it('names a certificate that is out of its time', async () => {
    const old = { notBeforeDate: new Date('2020-01-01'), notAfterDate: new Date('2021-01-01') };
    const pair = await generate([{ name: 'commonName', value: 'localhost' }], {
      keyType: 'ec',
      algorithm: 'sha256',
      ...old,
    });
    const files = { cert: join(folder, 'old.crt'), key: join(folder, 'old.key') };
    writeFileSync(files.cert, pair.cert);
    writeFileSync(files.key, pair.private);
    await using server = await startOwnPostgres({ tls: files });
    const url = server.url(app, 'registry', `?sslmode=verify-full&sslrootcert=${files.cert}`);
    expect((await check(url)).faults.map(({ code }) => code)).toEqual(['database-tls-expired']);
  });

  it('names a server that has no connection left', async () => {
    await open.run('ALTER ROLE app CONNECTION LIMIT 0');
    const { faults } = await check(open.url(app, 'registry'));
    await open.run('ALTER ROLE app CONNECTION LIMIT -1');
    expect(faults.map(({ code }) => code)).toEqual(['database-busy']);
  });

  it.each([
    [
      'is no PostgreSQL',
      'database-connection-lost',
      (socket: Socket) => socket.end('HTTP/1.1 400'),
    ],
    ['says nothing', 'database-unreachable', () => undefined],
  ])(
    'names a server that %s',
    async (_, expected, answer) => {
      const sockets: Socket[] = [];
      const server = createServer((socket) => {
        sockets.push(socket.on('error', () => undefined));
        answer(socket);
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error('no port');
      const url = `postgresql://${app}@127.0.0.1:${address.port}/registry`;
      const { faults } = await check(url);
      for (const socket of sockets) socket.destroy();
      server.close();
      expect(faults.map(({ code }) => code)).toEqual([expected]);
    },
    30_000,
  );

  it('lists all that is wrong with a database, not only the first', async () => {
    await open.run('ALTER DATABASE registry SET synchronous_commit = off');
    await open.run('ALTER DATABASE registry SET default_transaction_read_only = on');
    const { faults } = await check(open.url(app, 'registry'));
    await open.run('ALTER DATABASE registry RESET ALL');
    expect(faults.map(({ code }) => code)).toEqual(['database-read-only', 'database-not-durable']);
  });

  it('reports a URL that cannot be used without asking anybody', async () => {
    const { faults, code, database } = await check(`postgresql://${app}@db.example.com/registry`);
    expect(faults).toMatchObject([{ variable: 'DATABASE_URL', code: 'setting' }]);
    expect([code, database]).toEqual([2, null]);
  });
});
