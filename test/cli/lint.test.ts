import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LintAnswer } from '../../src/cli/lint.ts';
import { brokenDocuments, foreignMetadata } from '../lint/broken-documents.ts';
import { runRecorded } from '../support/recording-terminal.ts';
import { type PlainSite, startPlainSite } from '../verifier/support/loopback-site.ts';
import { createPaperWorld } from '../verifier/support/paper-world.ts';

const directory = mkdtempSync(join(tmpdir(), 'lint-'));
const loopback = '--allow-loopback';
const url = 'https://client.example.com/oauth/client.json';
const healthy = file('healthy.json', JSON.stringify(foreignMetadata(url)));
const known =
  'oidc-provider, better-auth, mcp-2026-07-28, auth0, keycloak, cloudflare, atproto, fastmcp, entra, oracle, janssen, gravitee';

let site: PlainSite;
let answer: RequestListener;

beforeAll(async () => {
  site = await startPlainSite((request, response) => answer(request, response));
});

afterAll(() => site[Symbol.asyncDispose]());

/** Serves a document at a URL of its own, and gives the URL. */
function serve(
  change: (metadata: object) => string = JSON.stringify,
  { status = 200, ...headers }: { readonly status?: number; readonly [name: string]: unknown } = {},
): string {
  const at = `${site.origin}/a/client.json`;
  const fields = { 'content-type': 'application/json', 'cache-control': 'max-age=300' };
  answer = (_request, response) => {
    response.writeHead(status, { ...fields, ...(headers as Record<string, string>) });
    response.end(change(foreignMetadata(at)));
  };
  return at;
}

function lint(words: readonly string[], options: { readonly input?: string | Uint8Array } = {}) {
  return runRecorded(['lint', ...words], options);
}

async function lintJson(words: readonly string[]): Promise<LintAnswer> {
  return JSON.parse((await lint([...words, '--json'])).out) as LintAnswer;
}

function file(name: string, content: string | Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

describe('a document in order, of somebody else, without a credential', () => {
  test('at a URL: exit 0, the sentence first, a line for every known server', async () => {
    const at = serve();
    const { code, out, err } = await lint([at, loopback]);
    expect([code, err]).toEqual([0, '']);
    const lines = out.split('\n');
    expect(lines[0]).toBe(`✔ CONFORMS  ${at}: 0 errors, 0 warnings, 0 notices`);
    const outcomes = lines.flatMap((line) => /^ {4}[✔✖?] (\S+)/.exec(line)?.[1] ?? []);
    expect(outcomes).toEqual(known.split(', '));
    expect(out).toContain('✖ auth0           refuses: auth0.url.loopback');
    expect(out).toContain('keeps a withdrawn document for 30 s to 1 d, this one 5 min');
    expect(out).toContain('keeps a withdrawn document for 10 min\n');
    expect(out).toMatch(
      /^ {2}Octets {5}\d+ of 5120: \d+ left, \d+ left by the 5000 that we publish$/m,
    );
    expect(out).toMatch(/^ {2}Unchecked {2}the key set at jwks_uri$/m);
  });

  test('as a file or on standard input, with what could not be looked at', async () => {
    const typed = await lint([healthy]);
    expect(typed.code).toBe(0);
    expect(typed.out).toContain('Unchecked  that client_id is the URL of the document');
    const piped = await lint(['-'], { input: JSON.stringify(foreignMetadata(url)) });
    expect(piped.code).toBe(0);
    expect(piped.out.split('\n')[0]).toBe(
      '✔ CONFORMS  standard input: 0 errors, 0 warnings, 0 notices',
    );
  });

  test('as a file for a URL: the client_id must be that one', async () => {
    expect((await lint([healthy, '--url', url])).code).toBe(0);
    const other = await lintJson([healthy, '--url', `${url}/`]);
    expect(other.findings.map(({ id }) => id)).toEqual(['cimd.client-id.mismatch']);
  });

  test('as data', async () => {
    expect(await lintJson([healthy, '--target', 'auth0'])).toMatchObject({
      input: { kind: 'file', value: healthy },
      ok: true,
      findings: [],
      readable: true,
      unchecked: ['url', 'response', 'key-set'],
      targets: [
        {
          target: 'auth0',
          requested: true,
          outcome: 'accepts',
          reasons: [],
          basis: 'documentation',
          asOf: '2026-11-20',
          extraMembers: 'dropped',
          maxBytes: 5_120,
        },
      ],
    });
  });
});

describe('a target', () => {
  test('that refuses makes exit 1 when it was asked for, and none otherwise', async () => {
    const world = await createPaperWorld();
    const own = JSON.stringify({ ...world.core, 'vc+jwt': await world.issue() });
    const path = file('own.json', own);
    expect((await lint([path])).code).toBe(0);
    const asked = await lint([path, '--target', 'auth0', '--target', 'keycloak']);
    expect(asked.code).toBe(1);
    expect(asked.out).toContain(
      [
        '  ✖ keycloak.metadata.unknown-members  at /vc+jwt',
        '      It refuses a document with members that it does not know, here vc+jwt.',
        '      fix   Publish a second document without them, under a client_id of its own, for this server.',
        '      rule  Keycloak 26.6 to 26.8 (source, 2026-11-20)',
      ].join('\n'),
    );
    expect(asked.out).not.toContain('cloudflare');
  });

  test('of which too little is known refuses nothing', async () => {
    const { code, out } = await lint([healthy, '--target', 'oracle']);
    expect(code).toBe(0);
    expect(out).toContain('? oracle          unknown: nothing known speaks against it');
  });
});

describe('findings', () => {
  test('are exit 1, with place, fix and source', async () => {
    const { code, out } = await lint([
      serve(() => '{"client_id":7,"client_secret":null}'),
      loopback,
    ]);
    expect(code).toBe(1);
    expect(out).toContain(
      [
        '  ✖ cimd.secrets.client-secret  at /client_secret',
        '      The document has a client secret, or the end of its life: even null is forbidden.',
        '      fix   Remove the member.',
        '      rule  CIMD-02 §4.1 (standard, 2026-07-06)',
      ].join('\n'),
    );
  });

  test('that are warnings and notices alone are exit 0', async () => {
    const { code, out } = await lint([serve(JSON.stringify, { vary: 'Accept' }), loopback]);
    expect(code).toBe(0);
    expect(out.split('\n')[0]).toMatch(/0 errors, 0 warnings, 1 notice$/);
  });

  test.each([
    ['HTML', { 'content-type': 'text/html' }, ['cimd.response.content-type', 'cimd.json.html']],
    ['a missing page', { status: 404 }, ['cimd.response.status']],
    ['a redirect', { status: 301, location: '/' }, ['cimd.response.redirect']],
  ])('tell of %s, and list no server', async (_, headers, ids) => {
    const at = serve(() => '<!doctype html>', headers);
    const { code, out } = await lint([at, loopback]);
    expect(code).toBe(1);
    expect(out).not.toContain('Targets');
    const { findings, readable } = await lintJson([at, loopback]);
    expect(findings.map(({ id }) => id)).toEqual(ids);
    expect(readable).toBe(false);
  });

  test('say of a document as large as servers never read how large it is', async () => {
    const at = serve((metadata) => JSON.stringify({ ...metadata, x: 'y'.repeat(600_000) }));
    const { out } = await lint([at, loopback, '--target', 'atproto']);
    expect(out).toContain('✖ cimd.document.size');
    expect(out).toContain('✖ atproto.document.size');
    expect(out).toMatch(/ of 5120: \d+ too many, \d+ too many by the 5000 that we publish$/m);
    expect(out).toMatch(/^ {13}x 600007 · /m);
  });
});

describe('what cannot be linted is one line with a fix', () => {
  const oneLine = (err: string) => err.split('\n').filter((line) => line.startsWith('✖'));

  test.each([
    ['http://client.example.com/c', 'cimd.url.scheme'],
    ['ftp://client.example.com/c', 'cimd.url.scheme'],
    ['file:///etc/passwd', 'cimd.url.scheme'],
    ['javascript:alert(1)', 'cimd.url.scheme'],
    ['did:web:client.example.com', 'cimd.url.scheme'],
    ['https:client.example.com', 'cimd.url.scheme'],
    ['https://client.example.com/c#x', 'cimd.url.fragment'],
    ['https://user:pass@client.example.com/c', 'cimd.url.userinfo'],
    ['https://client.example.com', 'cimd.url.path'],
    ['https://client.example.com/a/../b', 'cimd.url.path'],
    ['https://client.example.com/a b', 'cimd.url.path'],
  ])('%s is refused as it is typed: exit 2', async (typed, rule) => {
    const { code, out, err } = await lint([typed]);
    expect([code, out]).toEqual([2, '']);
    expect(oneLine(err)).toHaveLength(1);
    expect(err).toContain(`(${rule})\n  fix  `);
    expect(err).not.toContain('    at ');
  });

  test.each([
    ['https://127.0.0.1/c', 'fetch-blocked'],
    ['https://[::1]/c', 'fetch-blocked'],
    ['https://169.254.169.254/latest/meta-data', 'fetch-blocked'],
    ['https://localhost/c', 'fetch-blocked'],
    ['https://printer.local/c', 'fetch-blocked'],
    ['https://client.example.com:22/c', 'fetch-blocked'],
    ['https://client.example.com:443/c', 'fetch-blocked'],
    ['https://CLIENT.example.com/c', 'fetch-blocked'],
  ])('%s is not fetched: exit 3', async (typed, rule) => {
    const before = site.connections();
    const { code, out, err } = await lint([typed]);
    expect([code, out]).toEqual([3, '']);
    expect(oneLine(err)).toHaveLength(1);
    expect(err).toContain(`(${rule})\n  fix  `);
    expect(site.connections()).toBe(before);
  });

  test('a host that does not answer is exit 3', async () => {
    const gone = await startPlainSite(() => undefined);
    await gone[Symbol.asyncDispose]();
    const { code, err } = await lint([`${gone.origin}/c`, loopback]);
    expect(code).toBe(3);
    expect(err).toContain('no answer over a connection that can be trusted. (fetch-failed)');
  });

  test.each([
    ['a directory', [directory], 'cannot be read: it is a directory (EISDIR).'],
    [
      'a file that is not there',
      ['/nowhere/client.json'],
      'cannot be read: it does not exist (ENOENT).',
    ],
    [
      'an unknown target',
      [healthy, '--target', 'okta'],
      `There is no target okta; known: ${known}.`,
    ],
    ['two forms of output', [healthy, '--json', '--junit'], 'Choose one of --json and --junit.'],
    ['a URL beside a URL', [url, '--url', url], '--url is for files'],
  ])('%s is exit 2', async (_, words, said) => {
    const { code, out, err } = await lint(words);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(said);
  });

  test('10 MB are exit 3, from standard input, a file or a URL', async () => {
    const large = new Uint8Array(10_000_000).fill(0x20);
    const said = 'is larger than 1048576 octets; no more is read. (document-too-large)';
    const piped = await lint(['-'], { input: large });
    const typed = await lint([file('large.json', large)]);
    const fetched = await lint([serve(() => ' '.repeat(10_000_000)), loopback]);
    for (const { code, out, err } of [piped, typed, fetched]) {
      expect([code, out]).toEqual([3, '']);
      expect(err).toContain(said);
    }
  });

  test('a file without an end is read no further than that', async () => {
    expect(await lint(['/dev/zero'])).toMatchObject({ code: 3, out: '' });
  });

  test('a name of two letters and a colon is a URL, one letter a drive', async () => {
    mkdirSync(join(directory, 'd:'), { recursive: true });
    expect((await lint(['d:/x.json'])).err).toContain('The file d:/x.json cannot be read');
  });
});

describe('hostile text', () => {
  const nuisance = '\u001b[31m\u202e\u0007';
  const rawControl = /\p{Cf}|(?!\n)\p{Cc}/u;
  const nasty = file(
    'nasty.json',
    JSON.stringify({ ...foreignMetadata(url), [`x${nuisance}<&"'>`]: { d: 1, kty: 'EC' } }),
  );

  test('never reaches the terminal raw', async () => {
    const { out } = await lint([nasty, '--target', 'keycloak']);
    expect(out).toContain('\ufffd[31m\ufffd\ufffd');
    expect(out).not.toMatch(rawControl);
    const { out: data } = await lint([nasty, '--target', 'keycloak', '--json']);
    expect(data).not.toMatch(rawControl);
    expect(JSON.parse(data)).toMatchObject({ ok: false });
  });

  test('is escaped in XML', async () => {
    const { code, out } = await lint([nasty, '--target', 'keycloak', '--junit']);
    expect(code).toBe(1);
    expect(out).not.toMatch(rawControl);
    expect(out).toContain('/x\ufffd[31m\ufffd\ufffd&lt;&amp;&quot;&apos;&gt;');
    expect(elementsOf(out)).toContain('testcase');
  });
});

describe('JUnit', () => {
  test('has a case for each part of the standard and each target', async () => {
    const { code, out } = await lint([
      healthy,
      '--target',
      'keycloak',
      '--target',
      'oracle',
      '--junit',
    ]);
    expect(code).toBe(0);
    expect(out.split('\n').slice(0, 2)).toEqual([
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<testsuites name="sealwright lint" tests="12" failures="0" errors="0" skipped="2">',
    ]);
    expect(elementsOf(out).filter((name) => name === 'testcase')).toHaveLength(12);
    expect(out).toContain('<testcase classname="target" name="keycloak"/>');
    expect(out).toContain('<skipped message="read from a file"/>');
  });

  test('fails the parts with errors and the targets that were asked for', async () => {
    const bad = file('bad.json', JSON.stringify({ ...foreignMetadata(url), client_secret: 'x' }));
    const { code, out } = await lint([bad, '--target', 'oidc-provider', '--junit']);
    expect(code).toBe(1);
    expect(out).toContain('tests="11" failures="2" errors="0" skipped="1"');
    expect(out).toContain('<failure message="cimd.secrets.client-secret">');
    expect(out).toContain('<failure message="refuses: cimd.secrets.client-secret">');
  });

  test('skips targets that nobody asked for', async () => {
    const { code, out } = await lint([file('app.html', '<html>'), '--junit']);
    expect(code).toBe(1);
    expect(out).toContain('tests="22" failures="1"');
    expect(out).toContain('<skipped message="refuses: cimd.json.html"/>');
    expect(out).toContain('<skipped message="the document could not be read"/>');
  });

  test('is well formed for every broken document', async () => {
    const forms = await Promise.all(
      brokenDocuments('https://localhost').map(async ({ input }) => {
        const { out, code } = await lint(['-', '--junit'], { input: input.body });
        return elementsOf(out).length > 10 && (code === 0 || code === 1);
      }),
    );
    expect(new Set(forms)).toEqual(new Set([true]));
  });
});

/** The elements of an XML text in the order of their start tags; throws where it is not well formed. */
function elementsOf(xml: string): readonly string[] {
  const body = xml.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, '');
  const token = /<(\/?)([a-z-]+)((?: [a-z]+="[^"<]*")*)(\/?)>|([^<]+)/gy;
  const open: string[] = [];
  const names: string[] = [];
  let end = 0;
  for (const [whole, closing, name = '', attributes = '', empty, text = ''] of body.matchAll(
    token,
  )) {
    end += whole.length;
    if (/&(?!(?:amp|lt|gt|quot|apos);)/.test(attributes + text))
      throw new Error('a bare ampersand');
    if (closing === '/' && open.pop() !== name) throw new Error(`${name} is closed, but not open`);
    if (name !== '' && closing === '') names.push(name);
    if (name !== '' && closing === '' && empty === '') open.push(name);
  }
  if (end !== body.length || open.length > 0) throw new Error('not well formed');
  return names;
}
