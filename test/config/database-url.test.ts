import { describe, expect, it, test } from 'vitest';
import { parseDatabaseUrl, placeOf } from '../../src/config/database-url.ts';

function faultsOf(text: string): string[] {
  const parsed = parseDatabaseUrl(text);
  return parsed.ok ? [] : parsed.faults.map(({ detail }) => detail);
}

function read(text: string) {
  const parsed = parseDatabaseUrl(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.value;
}

describe('what a URL says', () => {
  test('is taken whole, with its escapes undone', () => {
    const url =
      'postgres://app%40x:p%3Fss%23%40@db.example.com:6432/reg%20istry?sslmode=verify-ca&sslrootcert=/ca.pem&sslcert=/c.pem&sslkey=/k.pem&options=-c%20work_mem%3D8MB&application_name=one';
    expect(read(url)).toEqual({
      host: 'db.example.com',
      port: 6432,
      user: 'app@x',
      password: 'p?ss#@',
      database: 'reg istry',
      tls: {
        mode: 'verify-ca',
        rootCertificate: '/ca.pem',
        client: { certificate: '/c.pem', key: '/k.pem' },
      },
      options: '-c work_mem=8MB',
      applicationName: 'one',
    });
    expect(placeOf(read(url))).toBe('reg istry on db.example.com:6432');
  });

  test('may be a unix socket', () => {
    const address = read('postgresql://app@localhost/registry?host=%2Frun%2Fpostgresql');
    expect(address).toMatchObject({ host: '/run/postgresql', port: 5432, tls: null });
    expect(address.password).toBeUndefined();
    expect(placeOf(address)).toBe('registry on /run/postgresql');
    expect(read('postgresql://app@%2Frun%2Fpostgresql/registry').host).toBe('/run/postgresql');
  });

  test('may trust the authorities of the system', () => {
    const { tls } = read('postgresql://app@db/x?sslmode=verify-full&sslrootcert=system');
    expect(tls).toEqual({ mode: 'verify-full', rootCertificate: null, client: null });
  });
});

describe('plain text', () => {
  it.each(['localhost', '127.0.0.1', '[::1]'])('is for %s without a word', (host) => {
    expect(read(`postgresql://app@${host}/x`).tls).toBeNull();
  });

  it.each(['db', 'db.example.com', '10.0.0.5', '[fd00::5]', '127.0.0.1.example.com'])(
    'to %s has to be asked for',
    (host) => {
      expect(faultsOf(`postgresql://app@${host}/x`)).toEqual([
        'names a host on the network and says nothing of TLS: add sslmode=verify-full (and sslrootcert=<PEM file> for an authority of your own), or sslmode=disable to send passwords and papers in plain text',
      ]);
      expect(read(`postgresql://app@${host}/x?sslmode=disable`).tls).toBeNull();
    },
  );

  it.each(['allow', 'prefer', 'no-verify', 'REQUIRE'])(
    'is never what sslmode=%s falls back to',
    (mode) => {
      expect(faultsOf(`postgresql://app@localhost/x?sslmode=${mode}`)).toEqual([
        'has an sslmode that is not taken, because it may end in plain text or with an unknown server: it is one of disable, require, verify-ca, verify-full',
      ]);
    },
  );
});

describe('a URL is refused', () => {
  it.each([
    ['mysql://app@localhost/x', 'must be a postgresql:// URL'],
    ['nonsense', 'must be a postgresql:// URL'],
    ['postgresql://localhost/x', 'names no user'],
    ['postgresql://app@localhost', 'names no database'],
    ['postgresql:///x', 'names no user'],
    ['postgresql://app@one,two/x?sslmode=verify-full', 'names several hosts'],
    ['postgresql://app@localhost/x?connection_limit=5', 'SEALWRIGHT_DATABASE_POOL'],
    ['postgresql://app@localhost/x?pgbouncer=true', 'has to pool by session'],
    ['postgresql://app@localhost/x?channel_binding=require', '"channel_binding" that is not known'],
    ['postgresql://app@localhost/x?sslmode=', '"sslmode" without a value'],
    ['postgresql://app@db/x?sslmode=disable&sslmode=verify-full', '"sslmode" more than once'],
    ['postgresql://app@db/x?sslmode=verify-ca', 'without sslrootcert'],
    ['postgresql://app@db/x?sslmode=verify-ca&sslrootcert=system', 'without sslrootcert'],
    ['postgresql://app@db/x?sslmode=require&sslcert=/c.pem', 'sslcert and sslkey together'],
    ['postgresql://app@localhost/x?sslrootcert=/ca.pem', 'no effect in plain text'],
    ['postgresql://app@localhost/x?host=/run&sslmode=require', 'for a unix socket'],
    ['postgresql://app:100%@localhost/x', 'percent sign'],
  ])('%s: %s', (url, detail) => {
    expect(faultsOf(url).join('\n')).toContain(detail);
  });

  it('with every parameter that is wrong, at once', () => {
    expect(faultsOf('postgresql://localhost/x?schema=public&pool_timeout=3')).toEqual([
      'names no user',
      'has a parameter "schema" that is not known: set search_path for the role: ALTER ROLE … SET search_path',
      'has a parameter "pool_timeout" that is not known: take it out',
    ]);
  });

  it.each([
    'canary?x@localhost',
    'canary#x@localhost',
    '1?canary=x@localhost',
    'can%zzary@localhost',
  ])('without repeating a password that is not encoded: %s', (rest) => {
    const faults = faultsOf(`postgresql://app:${rest}/x`);
    expect(faults).toHaveLength(1);
    expect(faults[0]).not.toContain('canary');
  });
});
