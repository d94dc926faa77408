import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpsListener, listenHttps, listenOnLoopback } from '../../src/demo/listen-https.ts';
import { lintDocument, type TargetReport } from '../../src/lint/lint-document.ts';
import { betterAuth } from '../../src/lint/targets/better-auth.ts';
import { encodeUtf8 } from '../../src/protocol/utf8.ts';
import { testCertificates } from '../support/agent-world.ts';
import { loadBetterAuth } from '../support/better-auth-place.ts';
import {
  type BrokenDocument,
  brokenDocuments,
  foreignMetadata,
  goodResponse,
  publicJwk,
} from './broken-documents.ts';

type Input = BrokenDocument['input'];

/** A public name, as it wants one; the documents come from loopback. */
const origin = 'https://client.acme.com';

/** Documents by the very text of their URL, which reaches the host in this header. */
const hosted = new Map<string, Input>();
const askedHeader = 'x-asked';

let host: HttpsListener;
let server: Awaited<ReturnType<typeof startServer>>;

/** The real server in its default configuration, but that it reads every document anew. */
async function startServer() {
  const { createBetterAuth, createCimdClientDiscovery } = await loadBetterAuth();
  const http = createServer();
  const baseURL = `http://localhost:${await listenOnLoopback(http)}`;
  const clientDiscovery = createCimdClientDiscovery({
    fetchClientMetadataResource: (url, init) => {
      const headers = new Headers(init?.headers);
      headers.set(askedHeader, String(url));
      return fetch(host.url, { ...init, headers });
    },
    metadataRevalidationInterval: 0,
    metadataFetchPolicy: {
      minimumFetchInterval: 0,
      maximumConcurrentFetches: 1_000,
      maximumConcurrentFetchesPerOrigin: 1_000,
      maximumFetchesPerMinute: 1_000,
      maximumFetchesPerOriginPerMinute: 1_000,
    },
  });
  const { handler, tables } = createBetterAuth({ baseURL, clientDiscovery });
  http.on('request', handler);
  return { http, baseURL, tables };
}

beforeAll(async () => {
  host = await listenHttps(testCertificates());
  host.handle((request, response) => {
    const document = hosted.get(String(request.headers[askedHeader]));
    const { status = 404, headers } = document?.response ?? {};
    response.writeHead(Number(status), Object.fromEntries(headers ?? [])).end(document?.body);
  });
  server = await startServer();
});

afterAll(async () => {
  server.http.closeAllConnections();
  server.http.close();
  await host[Symbol.asyncDispose]();
});

/** Whether the real server makes a client of what is hosted at this URL. */
async function isTaken(input: Input): Promise<boolean> {
  hosted.set(input.url, input);
  const asked = { client_id: input.url, response_type: 'code', scope: 'openid' };
  const query = new URLSearchParams({ ...asked, redirect_uri: `${origin}/callback` });
  const url = `${server.baseURL}/api/auth/oauth2/authorize?${query}`;
  const response = await fetch(url, { redirect: 'manual' });
  expect(response.status, await response.text()).toBeLessThan(500);
  return server.tables.oauthClient.some(({ clientId }) => clientId === input.url);
}

function lint(input: Input): TargetReport {
  const [report] = lintDocument(input, { targets: [betterAuth] }).targets;
  if (report === undefined) throw new Error('one target was asked for');
  return report;
}

/** A document in order but for these members; `undefined` leaves one out. */
function documentWith(name: string, members: Readonly<Record<string, unknown>> = {}): Input {
  const url = `${origin}/${encodeURIComponent(name)}/client.json`;
  const body = encodeUtf8(JSON.stringify({ ...foreignMetadata(url), ...members }));
  return { url, body, response: goodResponse };
}

describe('the real better-auth and the lint for it', () => {
  it('agree about every broken document, but for those of which the lint says nothing', async () => {
    const answers = [];
    for (const { defect, input } of brokenDocuments(origin)) {
      answers.push({ defect, outcome: lint(input).outcome, taken: await isTaken(input) });
    }
    const outcomeOf = (taken: boolean) => (taken ? 'accepts' : 'refuses');
    const judged = answers.filter(({ outcome }) => outcome !== 'unknown');
    expect(judged.filter(({ outcome, taken }) => outcome !== outcomeOf(taken))).toEqual([]);
    expect(judged.length).toBeGreaterThan(50);
    const open = answers.filter(({ outcome }) => outcome === 'unknown');
    expect(open.filter(({ taken }) => taken).map(({ defect }) => defect)).toEqual([
      'two keys of one name',
      'a key off its curve',
      'a key for encryption',
      'a byte order mark',
      'a name in Latin-1',
      'a member named twice',
      'a member named twice, once escaped',
      'forty brackets',
      'a whole number with an exponent',
      'half of a character',
      'a name that reaches for prototypes',
    ]);
    expect(open.filter(({ taken }) => !taken).map(({ defect }) => defect)).toEqual([
      'a name that is a number',
      'a jwks_uri that is null',
      'redirect_uris in one text',
      'a grant type that is a number',
    ]);
  });

  it('agree about a document in order', async () => {
    const input = documentWith('in order');
    expect(lint(input)).toMatchObject({ outcome: 'accepts', findings: [] });
    expect(await isTaken(input)).toBe(true);
  });

  const elsewhere = 'https://elsewhere.com/x';
  it.each<readonly [string, string, Readonly<Record<string, unknown>>]>([
    ['a page elsewhere', 'metadata.client-uri-origin', { client_uri: elsewhere }],
    ['keys elsewhere', 'metadata.jwks-uri-origin', { jwks_uri: elsewhere }],
    [
      'a way out elsewhere',
      'metadata.logout-uri-origin',
      { post_logout_redirect_uris: [elsewhere] },
    ],
    ['consent skipped', 'metadata.forbidden-member', { skip_consent: true }],
    ['an owner', 'metadata.forbidden-member', { user_id: 'ada' }],
    ['a logout target', 'metadata.forbidden-member', { backchannel_logout_uri: `${origin}/x` }],
    ['an empty name', 'metadata.empty', { client_name: ' ' }],
    ['no contacts', 'metadata.empty', { contacts: [] }],
    ['no grant types', 'metadata.empty', { grant_types: [], response_types: undefined }],
    ['another method', 'metadata.auth-method', { token_endpoint_auth_method: 'tls_client_auth' }],
    ['a scope it does not know', 'metadata.scope', { scope: 'openid read:logs' }],
    ['a scope that is null', 'metadata.scope', { scope: null }],
    [
      'a grant it does not know',
      'metadata.grant-types',
      { grant_types: ['authorization_code', 'implicit'] },
    ],
    ['two response types', 'metadata.response-types', { response_types: ['code', 'id_token'] }],
    ['a code without its grant', 'metadata.code-alone', { grant_types: ['client_credentials'] }],
    ['a grant without its code', 'metadata.code-alone', { response_types: [] }],
    ['another application type', 'metadata.application-type', { application_type: 'service' }],
    ['pairwise subjects', 'metadata.subject-type', { subject_type: 'pairwise' }],
    ['a logo on localhost', 'metadata.page-uri', { logo_uri: 'https://localhost/' }],
    ['a logo of a user', 'metadata.page-uri', { logo_uri: 'https://u@logos.com/' }],
    ['a logo that is null', 'metadata.page-uri', { logo_uri: null }],
    ['plain http', 'redirect-uris.form', { redirect_uris: ['http://client.acme.com/cb'] }],
    ['https to loopback', 'redirect-uris.form', { redirect_uris: ['https://localhost/cb'] }],
    ['a scheme of no domain', 'redirect-uris.form', { redirect_uris: ['acme:/cb'] }],
    ['a user in a redirect', 'redirect-uris.form', { redirect_uris: ['https://u@acme.com/cb'] }],
    [
      'the own machine for the web',
      'redirect-uris.form',
      { application_type: 'web', redirect_uris: ['http://localhost/cb'] },
    ],
    [
      'an app for the web',
      'redirect-uris.form',
      { application_type: 'web', redirect_uris: ['com.example:/cb'] },
    ],
    [
      'another curve',
      'keys.curve',
      { jwks_uri: undefined, jwks: { keys: [{ ...publicJwk, crv: 'secp256k1' }] } },
    ],
  ])('both refuse %s', async (name, id, members) => {
    const input = documentWith(name, members);
    const report = lint(input);
    expect(report.findings.map((finding) => finding.id)).toEqual([`better-auth.${id}`]);
    expect(report.findings).toMatchObject([{ severity: 'error', basis: 'measured' }]);
    expect(report.outcome).toBe('refuses');
    expect(await isTaken(input)).toBe(false);
  });

  it.each<readonly [string, Readonly<Record<string, unknown>>]>([
    ['members that nobody knows', { 'vc+jwt': 'x.y.z', 'x-null': null, software_statement: 'x' }],
    ['scopes that it knows', { scope: 'openid offline_access' }],
    [
      'no redirect at all',
      {
        grant_types: ['client_credentials'],
        redirect_uris: undefined,
        response_types: undefined,
      },
    ],
    ['contacts that are no addresses', { contacts: ['Ops'] }],
    ['redirects elsewhere', { redirect_uris: [elsewhere] }],
    ['the own machine', { redirect_uris: ['http://127.0.0.1/cb', 'http://localhost/cb'] }],
    ['an app', { redirect_uris: ['com.example:/cb'] }],
    ['a logo elsewhere', { logo_uri: elsewhere }],
    ['DPoP', { dpop_bound_access_tokens: true }],
  ])('both take %s', async (name, members) => {
    const input = documentWith(name, members);
    expect(lint(input).findings).toEqual([]);
    expect(lint(input).outcome).toBe('accepts');
    expect(await isTaken(input)).toBe(true);
  });

  it('both take a document with an algorithm in it that no assertion may have', async () => {
    const input = documentWith('ES256K', { token_endpoint_auth_signing_alg: 'ES256K' });
    expect(lint(input)).toMatchObject({
      outcome: 'accepts',
      findings: [{ id: 'better-auth.metadata.signing-alg', severity: 'warning' }],
    });
    expect(await isTaken(input)).toBe(true);
  });

  it('neither takes a document on localhost', async () => {
    const url = 'https://localhost/client.json';
    const body = encodeUtf8(JSON.stringify(foreignMetadata(url)));
    const input = { url, body, response: goodResponse };
    expect(lint(input).reasons).toContain('better-auth.url.loopback');
    expect(await isTaken(input)).toBe(false);
  });

  it('both draw the line at 5,120 octets', async () => {
    const sized = (bytes: number) => {
      const least = documentWith(`of ${bytes}`, { pad: '' }).body.length;
      return documentWith(`of ${bytes}`, { pad: 'x'.repeat(bytes - least) });
    };
    expect(lint(sized(5_120)).outcome).toBe('accepts');
    expect(await isTaken(sized(5_120))).toBe(true);
    expect(lint(sized(5_121)).findings.map(({ id }) => id)).toEqual(['better-auth.document.size']);
    expect(await isTaken(sized(5_121))).toBe(false);
  });
});
