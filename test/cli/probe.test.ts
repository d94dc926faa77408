import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProbeReport } from '../../src/probe/probe-client.ts';
import { runRecorded } from '../support/recording-terminal.ts';
import { type RunningService, startRunningService } from '../support/running-service.ts';
import { startPlainSite } from '../verifier/support/loopback-site.ts';

const loopback = '--allow-loopback';
let running: RunningService;
let clientId: string;

beforeAll(async () => {
  running = await startRunningService({ https: true });
  const { body } = await running.call('POST', '/agents', {
    handle: 'probed-bot',
    kind: 'agent',
    name: 'Probed Bot',
    owners: ['owner@acme.example'],
    keyCustody: 'registry',
  });
  clientId = String(body['clientId']);
});

afterAll(() => running[Symbol.asyncDispose]());

const probe = (...words: readonly string[]) => runRecorded(['probe', ...words]);

describe('what our own registry publishes', () => {
  test('gives no finding, of whatever document: exit 0', async () => {
    const { code, out, err } = await probe(clientId, loopback);
    expect(code).toBe(0);
    expect(err).toBe('Some ten requests for each document; this takes a few seconds.\n');
    expect(out.split('\n')[0]).toBe(`✔ READABLE  ${clientId}: 0 errors, 0 warnings, 0 notices`);
    const { origin } = new URL(clientId);
    expect(out).toContain(`  ${origin}\n    127.0.0.1  TLSv1.3, certificate for 1 d more\n`);
    for (const [purpose, path] of [
      ['client metadata', '/a/probed-bot/client.json'],
      ['key set', '/a/probed-bot/jwks.json'],
      ['DID document', '/.well-known/did.json'],
      ['DID document', '/a/probed-bot/did.json'],
      ['status list', '/status/1r'],
      ['status list', '/status/1s'],
      ['token status list', '/token-status/1'],
    ]) {
      expect(out).toContain(`\n  ${purpose}  ${origin}${path}\n    200, `);
    }
    expect(out).toContain('a cache in front keeps it for 5 min; no Age: straight from the origin');
    expect(out.split('    11 requests, 200 but for held-etag 304\n')).toHaveLength(8);
  });

  test('is data with --json, with nothing on standard error', async () => {
    const { code, out, err } = await probe(clientId, loopback, '--json');
    expect([code, err]).toEqual([0, '']);
    const report = JSON.parse(out) as ProbeReport;
    expect(report).toMatchObject({ clientId, outcome: 'fine', lint: [] });
    expect(report.documents).toHaveLength(7);
    expect(report.documents.flatMap(({ findings }) => findings)).toEqual([]);
  });

  test('is test cases with --junit', async () => {
    const { code, out } = await probe(clientId, loopback, '--junit');
    expect(code).toBe(0);
    expect(out.split('\n')[1]).toBe(
      '<testsuites name="sealwright probe" tests="23" failures="0" errors="0" skipped="0">',
    );
    expect(out).toContain('<testcase classname="key set" name="');
  });
});

describe('what stands in the way', () => {
  test('is told with what was seen and what to do: exit 1', async () => {
    await using site = await startPlainSite((_, response) => {
      response.writeHead(403, { 'content-type': 'text/html' }).end('<html>Are you human?</html>');
    });
    const url = `${site.origin}/a/client.json`;
    const { code, out } = await probe(url, loopback);
    expect(code).toBe(1);
    expect(out).toContain(
      [
        `✖ NOT AS READERS NEED IT  ${url}: 1 error, 0 warnings, 0 notices`,
        '',
        `  ✖ probe.answer.challenge  at ${url}`,
        '      A page for people comes in the place of the document: a bot wall, a login or an error page.',
        '      seen  status: 403',
        '      seen  sign: HTML',
        '      seen  browser: 403',
        '      fix   Exempt the paths of the documents from bot protection and logins: their readers are programs.',
        '      rule  practice',
      ].join('\n'),
    );
    const junit = await probe(url, loopback, '--junit');
    expect(junit.code).toBe(1);
    expect(junit.out).toContain('<failure message="probe.answer.challenge">');
    expect(junit.out).toContain(`name="${url} is answered">`);
  });

  test('is the document itself where the way is clear: exit 1, with the lint', async () => {
    await using site = await startPlainSite((_, response) => {
      const headers = { 'content-type': 'application/json', 'cache-control': 'max-age=60' };
      response.writeHead(200, { ...headers, etag: '"1"' }).end('{"client_id":7}');
    });
    const { code, out } = await probe(`${site.origin}/c`, loopback);
    expect(code).toBe(1);
    expect(out).toContain('✖ cimd.client-id.missing');
  });

  test('nobody there is exit 3, with the reason', async () => {
    const gone = await startPlainSite(() => undefined);
    await gone[Symbol.asyncDispose]();
    const { code, out } = await probe(`${gone.origin}/c`, loopback);
    expect(code).toBe(3);
    expect(out).toContain(`? UNREACHABLE  ${gone.origin}/c: 1 error`);
    expect(out).toContain('127.0.0.1: refused');
    const { code: same, out: data } = await probe(`${gone.origin}/c`, loopback, '--json');
    expect([same, JSON.parse(data).outcome]).toEqual([3, 'unreachable']);
  });

  test.each(['https://10.0.0.1/c', 'https://localhost/c', 'https://printer.local/c'])(
    '%s is not dialled: exit 3',
    async (url) => {
      const { code, out } = await probe(url);
      expect(code).toBe(3);
      expect(out).toContain('✖ probe.reach.blocked');
    },
  );
});

describe('what is no client_id, or asked for twice', () => {
  test.each([
    [['http://id.acme.com/c'], '(cimd.url.scheme)'],
    [['ftp://id.acme.com/c'], '(cimd.url.scheme)'],
    [['client.json'], '(cimd.url.scheme)'],
    [['https://id.acme.com'], '(cimd.url.path)'],
    [['https://id.acme.com/c', '--json', '--junit'], 'Choose one of --json and --junit.'],
  ])('%j is exit 2', async (words, said) => {
    const { code, out, err } = await probe(...words);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(said);
    expect(err).not.toContain('    at ');
  });

  test('loopback in production is exit 2', async () => {
    const before = process.env['NODE_ENV'];
    process.env['NODE_ENV'] = 'production';
    try {
      expect(await probe(clientId, loopback)).toMatchObject({ code: 2, out: '' });
    } finally {
      process.env['NODE_ENV'] = before;
    }
  });
});

test('hostile text never reaches the terminal or the XML raw', async () => {
  await using site = await startPlainSite((_, response) => {
    const nuisance = Buffer.from('\u202e<&"\u0085', 'utf8').toString('latin1');
    response.writeHead(302, { location: `/${nuisance}` }).end();
  });
  const raw = /\p{Cf}|(?!\n)\p{Cc}/u;
  for (const form of [[], ['--json'], ['--junit']]) {
    const { code, out } = await probe(`${site.origin}/c`, loopback, ...form);
    expect(code).toBe(1);
    expect(out).not.toMatch(raw);
  }
});
