import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { describe, expect, test } from 'vitest';
import type { Environment } from '../../src/config/env.ts';
import {
  describeSettings,
  readClientSettings,
  readSettings,
  readSidecarSettings,
  readSyncSettings,
  type Settings,
} from '../../src/config/settings.ts';

const directory = mkdtempSync(join(tmpdir(), 'settings-'));
const masterKey = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
const token = `swt_${'a'.repeat(43)}`;

describe('without any variable', () => {
  test('the defaults of the contract hold', () => {
    const settings = read({ PATH: '/bin', HOME: '/root' });
    expect(settings).toEqual({
      url: 'http://localhost:8787',
      origin: 'http://localhost:8787',
      listen: { host: '127.0.0.1', port: 8787 },
      adminListen: undefined,
      tls: undefined,
      role: 'all',
      dataDir: './data',
      databaseUrl: undefined,
      databasePool: 16,
      masterKey: undefined,
      adminToken: undefined,
      logLevel: 'info',
      rateLimit: 12_000,
      statusListSize: 131_072,
      policyPath: undefined,
      drainMs: 3_000,
    });
  });
});

describe('SEALWRIGHT_URL', () => {
  test.each([
    ['https://id.acme.com', 'https://id.acme.com'],
    ['https://id.acme.com/o/payments', 'https://id.acme.com'],
    ['https://id.acme.com:8443', 'https://id.acme.com:8443'],
    ['http://localhost:9000', 'http://localhost:9000'],
  ])('takes %s', (url, origin) => {
    const settings = read({ SEALWRIGHT_URL: url });
    expect(settings.url).toBe(url);
    expect(settings.origin).toBe(origin);
  });

  test.each([
    'http://id.acme.com',
    'https://id.acme.com/',
    'https://id.acme.com/o/payments/',
    'https://id.acme.com/agents',
    'https://id.acme.com/o/UPPER',
    'https://127.0.0.1',
    'http://127.0.0.1:8787',
    'https://[::1]',
    'https://user@id.acme.com',
    'https://id.acme.com?x=1',
    'https://id.acme.com#x',
    'https://ID.acme.com',
    'https://id.acme.com:443',
    'id.acme.com',
    'ftp://id.acme.com',
  ])('refuses %s', (url) => {
    expect(faultsOf({ SEALWRIGHT_URL: url })).toEqual(['SEALWRIGHT_URL base-url']);
  });
});

describe('faults', () => {
  test('all are reported together, by variable', () => {
    const faults = faultsOf({
      SEALWRIGHT_URL: 'http://id.acme.com',
      SEALWRIGHT_LISTEN: '8787',
      SEALWRIGHT_ROLE: 'everything',
      SEALWRIGHT_MASTER_KEY: 'short',
      SEALWRIGHT_ADMIN_TOKEN: 'guessable',
      SEALWRIGHT_LOG_LEVEL: 'loud',
      SEALWRIGHT_TLS_CERT: '/nowhere.pem',
      DATABASE_URL: 'mysql://localhost/x',
      SEALWRIGHT_LISTNE: '127.0.0.1:1',
    });
    expect(faults.toSorted()).toEqual([
      'DATABASE_URL setting',
      'SEALWRIGHT_ADMIN_TOKEN setting',
      'SEALWRIGHT_LISTEN setting',
      'SEALWRIGHT_LISTNE unknown',
      'SEALWRIGHT_LOG_LEVEL setting',
      'SEALWRIGHT_MASTER_KEY setting',
      'SEALWRIGHT_ROLE setting',
      'SEALWRIGHT_TLS_KEY incomplete',
      'SEALWRIGHT_URL base-url',
    ]);
  });

  test('no fault repeats a secret', () => {
    const parsed = readSettings({
      SEALWRIGHT_MASTER_KEY: 'canary-one',
      SEALWRIGHT_ADMIN_TOKEN: 'canary two',
      DATABASE_URL: 'canary-three',
    });
    expect(JSON.stringify(parsed)).not.toContain('canary');
  });

  test('what Kubernetes injects is no setting of ours', () => {
    const env = {
      SEALWRIGHT_SERVICE_HOST: '10.0.0.1',
      SEALWRIGHT_SERVICE_PORT_HTTP: '80',
      SEALWRIGHT_PORT: 'tcp://10.0.0.1:80',
      SEALWRIGHT_PORT_80_TCP_ADDR: '10.0.0.1',
    };
    expect(read(env).role).toBe('all');
  });

  test('an empty variable is named rather than taken for unset', () => {
    expect(faultsOf({ SEALWRIGHT_ADMIN_LISTEN: '' })).toEqual(['SEALWRIGHT_ADMIN_LISTEN empty']);
  });

  test.each(['localhost', ':8787', '::1:8787', '127.0.0.1:65536', 'a b:1', '127.0.0.1:-1'])(
    'the listener %s is refused',
    (listen) => {
      expect(faultsOf({ SEALWRIGHT_LISTEN: listen })).toEqual(['SEALWRIGHT_LISTEN setting']);
    },
  );

  test('two listeners on one address are refused, unless the system chooses the port', () => {
    expect(
      faultsOf({ SEALWRIGHT_LISTEN: '0.0.0.0:1', SEALWRIGHT_ADMIN_LISTEN: '0.0.0.0:1' }),
    ).toEqual(['SEALWRIGHT_ADMIN_LISTEN conflict']);
    const free = read({ SEALWRIGHT_LISTEN: '[::1]:0', SEALWRIGHT_ADMIN_LISTEN: '[::1]:0' });
    expect(free.adminListen).toEqual({ host: '::1', port: 0 });
  });
});

describe('files', () => {
  test('_FILE reads a value without its last line feed', () => {
    const path = file('master.key', `${masterKey}\n`);
    const settings = read({ SEALWRIGHT_MASTER_KEY_FILE: path });
    expect(settings.masterKey?.reveal()).toEqual(Uint8Array.from({ length: 32 }, (_, i) => i));
    expect(JSON.stringify(settings)).not.toContain(masterKey);
  });

  test('DATABASE_URL can come from a file too', () => {
    const path = file('database', 'postgresql://u:p@localhost/x');
    expect(read({ DATABASE_URL_FILE: path }).databaseUrl?.reveal()).toBe(
      'postgresql://u:p@localhost/x',
    );
  });

  test.each([
    [
      'both forms',
      { SEALWRIGHT_ADMIN_TOKEN: token, SEALWRIGHT_ADMIN_TOKEN_FILE: '/x' },
      'ambiguous',
    ],
    ['a missing file', { SEALWRIGHT_ADMIN_TOKEN_FILE: '/nowhere/token' }, 'unreadable'],
    ['an empty file', { SEALWRIGHT_ADMIN_TOKEN_FILE: file('empty', '\n') }, 'empty'],
  ])('%s is a fault', (_, env, rule) => {
    expect(faultsOf(env)).toEqual([`SEALWRIGHT_ADMIN_TOKEN ${rule}`]);
  });

  test('the token of the command line may not be written yet when the service starts', () => {
    const path = '/nowhere/data/admin.token';
    expect(faultsOf({ SEALWRIGHT_TOKEN_FILE: path })).toEqual([]);
    const parsed = readClientSettings({ SEALWRIGHT_TOKEN_FILE: path });
    expect(parsed.ok ? [] : parsed.faults.map(({ rule }) => rule)).toEqual(['unreadable']);
    expect(faultsOf({ SEALWRIGHT_TOKEN_FILE: file('no-token', '\n') })).toEqual([
      'SEALWRIGHT_TOKEN empty',
    ]);
    expect(faultsOf({ SEALWRIGHT_TOKEN: token, SEALWRIGHT_TOKEN_FILE: path })).toEqual([
      'SEALWRIGHT_TOKEN ambiguous',
    ]);
  });
});

describe('TLS', async () => {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }]);
  const other = await generate([{ name: 'commonName', value: 'localhost' }]);
  const env = {
    SEALWRIGHT_URL: 'https://localhost:8787',
    SEALWRIGHT_TLS_CERT: file('tls.crt', cert),
    SEALWRIGHT_TLS_KEY: file('tls.key', key),
  };

  test('a pair that fits is taken', () => {
    expect(read(env).tls).toEqual({ cert: env.SEALWRIGHT_TLS_CERT, key: env.SEALWRIGHT_TLS_KEY });
  });

  test.each([
    ['a key of another certificate', { SEALWRIGHT_TLS_KEY: file('other.key', other.private) }],
    ['a file that is no PEM', { SEALWRIGHT_TLS_CERT: file('garbage.crt', 'garbage') }],
    ['a file that is not there', { SEALWRIGHT_TLS_CERT: '/nowhere/tls.crt' }],
  ])('%s is refused', (_, change) => {
    expect(faultsOf({ ...env, ...change })).toEqual(['SEALWRIGHT_TLS_CERT unusable']);
  });

  test('with it the base URL is https', () => {
    expect(faultsOf({ ...env, SEALWRIGHT_URL: 'http://localhost:8787' })).toEqual([
      'SEALWRIGHT_URL conflict',
    ]);
  });
});

describe('the command line', () => {
  test('reads its two settings, whatever the others are', () => {
    const parsed = readClientSettings({ SEALWRIGHT_TOKEN: token, SEALWRIGHT_URL: 'nonsense' });
    expect(parsed.ok && parsed.value.server).toBe('http://localhost:8787');
    expect(parsed.ok && parsed.value.token?.reveal()).toBe(token);
  });

  test.each(['http://id.acme.com', 'https://id.acme.com/api', 'localhost:8787', 'file:///x'])(
    'the server %s is refused: tokens travel there',
    (server) => {
      const parsed = readClientSettings({ SEALWRIGHT_SERVER: server });
      expect(parsed.ok).toBe(false);
    },
  );
});

describe('the verifier sidecar', () => {
  test('reads its two settings, whatever the others are', () => {
    const env = {
      SEALWRIGHT_POLICY: '/etc/trust.yaml',
      SEALWRIGHT_SIDECAR_TOKEN_FILE: file('sidecar-token', `${token}\n`),
      SEALWRIGHT_ROLE: 'x',
    };
    const settings = readSidecarSettings(env);
    expect(settings).toMatchObject({ ok: true, value: { policyPath: '/etc/trust.yaml' } });
    expect(settings.ok && settings.value.sidecarToken?.reveal()).toBe(token);
  });

  test.each([
    [{ SEALWRIGHT_SIDECAR_TOKEN: 'short' }, 'SEALWRIGHT_SIDECAR_TOKEN'],
    [{ SEALWRIGHT_SIDECAR: 'x' }, 'SEALWRIGHT_SIDECAR'],
  ])('%j is a fault', (env, pointer) => {
    expect(readSidecarSettings(env)).toMatchObject({ ok: false, faults: [{ pointer }] });
  });
});

describe('sync', () => {
  test('reads its settings, whatever the others are', () => {
    const env = {
      SEALWRIGHT_SYNC_CLIENT_ID: 'sync',
      SEALWRIGHT_SYNC_CLIENT_SECRET_FILE: file('sync-secret', 'canary with spaces\n'),
      SEALWRIGHT_ROLE: 'x',
    };
    const settings = readSyncSettings(env);
    expect(settings).toMatchObject({ ok: true, value: { syncClientId: 'sync' } });
    expect(settings.ok && settings.value.syncClientSecret?.reveal()).toBe('canary with spaces');
    expect(JSON.stringify(settings)).not.toContain('canary');
  });

  test('a secret of two lines is none', () => {
    const parsed = readSyncSettings({ SEALWRIGHT_SYNC_CLIENT_SECRET: 'canary\nx' });
    expect(parsed).toMatchObject({
      ok: false,
      faults: [{ pointer: 'SEALWRIGHT_SYNC_CLIENT_SECRET' }],
    });
    expect(JSON.stringify(parsed)).not.toContain('canary');
  });
});

describe('config show', () => {
  test('names every source and prints no secret', () => {
    const lines = describeSettings({
      SEALWRIGHT_URL: 'https://id.acme.com',
      SEALWRIGHT_ADMIN_TOKEN: token,
      SEALWRIGHT_MASTER_KEY_FILE: file('key', masterKey),
    });
    const byName = new Map(lines.map((line) => [line.name, line]));
    expect(lines).toHaveLength(23);
    expect(byName.get('SEALWRIGHT_URL')).toEqual({
      name: 'SEALWRIGHT_URL',
      value: 'https://id.acme.com',
      source: 'environment',
    });
    expect(byName.get('SEALWRIGHT_ADMIN_TOKEN')?.value).toBe('[secret]');
    expect(byName.get('SEALWRIGHT_MASTER_KEY')).toEqual({
      name: 'SEALWRIGHT_MASTER_KEY',
      value: '[secret]',
      source: 'file',
    });
    expect(byName.get('SEALWRIGHT_ROLE')?.source).toBe('default');
    expect(byName.get('DATABASE_URL')).toEqual({
      name: 'DATABASE_URL',
      value: null,
      source: 'unset',
    });
  });
});

function read(env: Environment): Settings {
  const parsed = readSettings(env);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.value;
}

function faultsOf(env: Environment): string[] {
  const parsed = readSettings(env);
  return parsed.ok ? [] : parsed.faults.map(({ pointer, rule }) => `${pointer} ${rule}`);
}

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}
