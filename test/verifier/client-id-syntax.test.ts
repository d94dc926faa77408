import { describe, expect, it } from 'vitest';
import { createInspector, createVerifier } from '../../src/verifier/index.ts';
import { createPaperWorld } from './support/paper-world.ts';

const world = await createPaperWorld();
const verifier = createVerifier(world.options());
const inspector = createInspector({ fetch: world.fetch, clock: world.clock });

/** The rule that a report names for the client_id. */
function ruleIn(evidence: unknown): unknown {
  return JSON.stringify(evidence).match(/url-[a-z]+/)?.[0];
}

const origin = 'https://id.acme.com';
const path = '/a/billing-bot/client.json';

// Each of them is, or would be repaired to, the URL of the client that is trusted, or of another.
const hostile: readonly (readonly [string, string, unknown])[] = [
  ['A-01 http', 'url-scheme', `http://id.acme.com${path}`],
  ['A-01 http to a loopback host', 'url-scheme', 'http://localhost/c'],
  ['A-01 another scheme', 'url-scheme', `ftp://id.acme.com${path}`],
  ['A-01 the scheme in capitals', 'url-scheme', `HTTPS://id.acme.com${path}`],
  ['A-02 no path', 'url-path', 'https://id.acme.com'],
  ['A-02 the path /', 'url-path', 'https://id.acme.com/'],
  ['A-03 a double dot', 'url-path', `${origin}/x/..${path}`],
  ['A-03 a single dot', 'url-path', `${origin}/a/./billing-bot/client.json`],
  ['A-03 a double dot at the end', 'url-path', `${origin}/a/..`],
  ['A-03 an empty segment', 'url-path', `${origin}/${path}`],
  ['A-04 a double dot in escapes', 'url-path', `${origin}/x/%2e%2e${path}`],
  ['A-04 half a double dot in escapes', 'url-path', `${origin}/x/.%2E${path}`],
  ['A-04 a double dot in escapes of escapes', 'url-path', `${origin}/x/%252e%252e${path}`],
  ['A-04 an escaped slash', 'url-path', `${origin}/a%2fbilling-bot/client.json`],
  ['A-05 an empty fragment', 'url-fragment', `${origin}${path}#`],
  ['A-05 a fragment', 'url-fragment', `${origin}${path}#x`],
  ['A-05 a fragment before the path', 'url-fragment', `${origin}#${path}`],
  ['A-06 a user', 'url-userinfo', `https://u@id.acme.com${path}`],
  ['A-06 an empty user', 'url-userinfo', `https://@id.acme.com${path}`],
  ['A-06 a user with a password', 'url-userinfo', `https://u:p@id.acme.com${path}`],
  ['A-06 an empty user with a password', 'url-userinfo', `https://:p@id.acme.com${path}`],
  ['A-06 a host that looks like another', 'url-userinfo', `${origin}@evil.example${path}`],
  ['A-07 backslashes', 'url-scheme', 'https:\\\\id.acme.com\\a\\billing-bot\\client.json'],
  ['A-07 no slashes', 'url-scheme', `https:id.acme.com${path}`],
  ['A-07 one slash', 'url-scheme', `https:/id.acme.com${path}`],
  ['A-07 three slashes', 'url-host', `https:///id.acme.com${path}`],
  ['A-07 a backslash before @', 'url-userinfo', `${origin}\\@evil.example${path}`],
  ['A-07 a backslash for a slash', 'url-host', `${origin}\\a/billing-bot/client.json`],
  ['A-08 a space before', 'url-scheme', ` ${origin}${path}`],
  ['A-08 a space behind', 'url-path', `${origin}${path} `],
  ['A-08 a tabulator', 'url-path', `${origin}/a/billing\t-bot/client.json`],
  ['A-08 a line break behind', 'url-path', `${origin}${path}\n`],
  ['A-08 a header behind', 'url-path', `${origin}${path}\r\nX: y`],
  ['A-08 a line break in the scheme', 'url-scheme', `ht\ntps://id.acme.com${path}`],
  ['A-08 a line break in the host', 'url-host', `https://id.ac\nme.com${path}`],
  ['A-08 NUL', 'url-path', `${origin}${path}\u0000`],
  ['A-09 capitals', 'url-host', `https://ID.acme.com${path}`],
  ['A-09 escapes', 'url-host', `https://id.%61cme.com${path}`],
  ['A-09 a soft hyphen', 'url-host', `https://id.ac\u00adme.com${path}`],
  ['A-09 an ideographic full stop', 'url-host', `https://id\u3002acme.com${path}`],
  ['A-09 letters of another width', 'url-host', `https://id.\uff41cme.com${path}`],
  ['A-09 a letter that is another one', 'url-host', `https://id.\u0430cme.com${path}`],
  ['A-09 a final dot', 'url-host', `https://id.acme.com.${path}`],
  ['A-10 the default port', 'url-port', `https://id.acme.com:443${path}`],
  ['A-10 an empty port', 'url-port', `https://id.acme.com:${path}`],
  ['A-10 the default port after noughts', 'url-port', `https://id.acme.com:00443${path}`],
  ['A-10 port nought', 'url-port', `https://id.acme.com:0${path}`],
  ['A-11 2,049 characters', 'url-length', `${origin}/a/`.padEnd(2_049, 'c')],
  ['A-11 ten million characters', 'url-length', `${origin}/a/`.padEnd(10_000_000, 'c')],
  ['A-12 nothing', 'url-type', undefined],
  ['A-12 null', 'url-type', null],
  ['A-12 a number', 'url-type', 7],
  ['A-12 an array', 'url-type', [`${origin}${path}`]],
  ['A-12 an object', 'url-type', { toString: () => `${origin}${path}` }],
  ['A-12 a String', 'url-type', new String(`${origin}${path}`)],
  ['A-12 a URL', 'url-type', new URL(`${origin}${path}`)],
  ['A-12 a symbol', 'url-type', Symbol('client_id')],
  ['A-12 half a character', 'url-path', `${origin}/a/\ud800`],
  ['A-12 half a character in the host', 'url-host', `https://id.acme\ud800.com${path}`],
  ['A-13 a query', 'url-query', `${origin}${path}?x=1`],
  ['A-13 an empty query', 'url-query', `${origin}${path}?`],
  ['A-13 a query before the path', 'url-query', `${origin}?${path}`],
];

describe('a client_id with', () => {
  it.each(hostile)('%s is refused as %s, and nobody is asked', async (_what, rule, clientId) => {
    const { outcome, reason, client, claims, granted, report } = await verifier.verifyClient(
      clientId as string,
      { scope: 'write:tickets' },
    );
    expect({ outcome, reason, client, claims, granted }).toEqual({
      outcome: 'rejected',
      reason: 'url-invalid',
      client: null,
      claims: null,
      granted: [],
    });
    expect(report.checks[0]).toMatchObject({ id: 'client-id.syntax', outcome: 'fail' });
    expect(ruleIn(report.checks[0]?.evidence)).toBe(rule);
    expect(world.fetch.asked).toEqual([]);
  });

  it.each(hostile)('%s is refused as %s by an inspector too', async (_what, _rule, clientId) => {
    const { outcome, reason } = await inspector.inspectClient(clientId as string);
    expect({ outcome, reason }).toEqual({ outcome: 'rejected', reason: 'url-invalid' });
    expect(world.fetch.asked).toEqual([]);
  });
});

describe('a client_id in its one spelling', () => {
  it('A-10 is accepted, and lends nothing to other spellings of it', async () => {
    const own = await createPaperWorld();
    const warm = createVerifier(own.options());
    expect(await warm.verifyClient(own.clientId)).toMatchObject({ outcome: 'accepted' });
    const asked = own.fetch.asked.length;
    for (const spelling of [
      `https://id.acme.com:443${path}`,
      `https://ID.ACME.COM${path}`,
      `https://id.acme.com${path}?`,
      `https://id.acme.com${path}#`,
    ]) {
      const verdict = await warm.verifyClient(spelling);
      expect(verdict).toMatchObject({ outcome: 'rejected', reason: 'url-invalid' });
      expect(await warm.read(spelling)).toMatchObject({ ok: false, failure: 'blocked' });
      warm.invalidate(spelling);
    }
    expect(await warm.verifyClient(own.clientId)).toMatchObject({ outcome: 'accepted' });
    expect(own.fetch.asked).toHaveLength(asked);
  });

  it('A-12, A-11: is what the report repeats, cut to what is read', async () => {
    const long = await verifier.verifyClient(`${origin}/a/`.padEnd(10_000_000, 'c'));
    expect(long.report.input.value).toHaveLength(2_048);
    const odd = await verifier.verifyClient({ a: 1 } as unknown as string);
    expect(odd.report.input).toEqual({ kind: 'client_id', value: '' });
  });
});
