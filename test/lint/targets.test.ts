import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lintDocument, type TargetReport } from '../../src/lint/lint-document.ts';
import type { LintedResponse } from '../../src/lint/subject.ts';
import { targets } from '../../src/lint/targets.ts';
import type { JsonObject } from '../../src/protocol/strict-json.ts';
import { encodeUtf8 } from '../../src/protocol/utf8.ts';
import { createPaperWorld } from '../verifier/support/paper-world.ts';
import { foreignMetadata, goodResponse, publicJwk } from './broken-documents.ts';

const url = 'https://client.example.com/oauth/client.json';

interface Order {
  readonly url?: string;
  readonly json?: JsonObject;
  readonly response?: LintedResponse;
}

function lint(order: Order = {}) {
  const at = order.url ?? url;
  const body = encodeUtf8(JSON.stringify(order.json ?? foreignMetadata(at)));
  return lintDocument({ body, url: at, response: order.response ?? goodResponse }, { targets });
}

function reportOf(id: string, order: Order = {}): TargetReport {
  const report = lint(order).targets.find(({ target }) => target === id);
  if (report === undefined) throw new Error(`no target ${id}`);
  return report;
}

const plus = (members: JsonObject, at = url): Order => ({
  url: at,
  json: { ...foreignMetadata(at), ...members },
});
const minus = (name: string): Order => {
  const { [name]: _gone, ...json } = foreignMetadata(url);
  return { json };
};
const served = (headers: Readonly<Record<string, string>>): Order => ({
  response: { status: 200, headers: new Map(Object.entries(headers)) },
});

describe('the targets', () => {
  it('are the files of their folder, each with an id, and no other', () => {
    const folder = resolve(import.meta.dirname, '../../src/lint/targets');
    const files = readdirSync(folder).map((name) => name.replace(/\.ts$/, ''));
    expect(targets.map(({ id }) => id).toSorted()).toEqual(files.toSorted());
  });

  it('say what they rest on, and since when', () => {
    expect(targets.map(({ id, basis, asOf }) => `${id} ${basis} ${asOf}`)).toEqual([
      'oidc-provider measured 2026-11-20',
      'better-auth measured 2026-11-21',
      'mcp-2026-07-28 standard 2026-07-28',
      'auth0 documentation 2026-11-20',
      'keycloak source 2026-11-20',
      'cloudflare source 2026-11-20',
      'atproto source 2026-11-20',
      'fastmcp source 2026-11-20',
      'entra documentation 2026-10-07',
      'oracle documentation 2026-09-23',
      'janssen source 2026-11-20',
      'gravitee documentation 2026-11-20',
    ]);
  });

  it('have rules of distinct ids', () => {
    const ids = targets.flatMap(({ id, rules }) => rules.map((rule) => `${id}.${rule.id}`));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !/^[a-z0-9-]+\.[a-z0-9-]+\.[a-z0-9-]+$/.test(id))).toEqual([]);
  });
});

describe('a document of somebody else, in order', () => {
  it('is accepted by all but servers for other clients and those of which too little is known', () => {
    expect(Object.fromEntries(lint().targets.map((one) => [one.target, one.outcome]))).toEqual({
      'oidc-provider': 'accepts',
      'better-auth': 'accepts',
      'mcp-2026-07-28': 'accepts',
      auth0: 'accepts',
      keycloak: 'accepts',
      cloudflare: 'accepts',
      atproto: 'refuses',
      fastmcp: 'accepts',
      entra: 'unknown',
      oracle: 'unknown',
      janssen: 'unknown',
      gravitee: 'unknown',
    });
  });
});

describe('our agent’s own document, passport and all', () => {
  const documentOf = async (members: JsonObject = {}) => {
    const world = await createPaperWorld();
    const json = { ...world.core, ...members, 'vc+jwt': await world.issue() };
    return { url: world.clientId, json };
  };

  it('has no finding by the standards', async () => {
    expect(lint(await documentOf()).findings).toEqual([]);
  });

  it('passes every target that accepts extra members, but the one for another protocol', async () => {
    const reports = lint(await documentOf()).targets;
    const refusing = reports.filter(({ outcome }) => outcome === 'refuses');
    expect(refusing.map(({ target, reasons }) => [target, reasons])).toEqual([
      ['keycloak', ['keycloak.metadata.unknown-members']],
      [
        'atproto',
        ['atproto.metadata.scope', 'atproto.metadata.dpop', 'atproto.metadata.grant-types'],
      ],
    ]);
    expect(reports.filter(({ outcome }) => outcome === 'accepts').map((one) => one.target)).toEqual(
      ['oidc-provider', 'better-auth', 'mcp-2026-07-28', 'auth0', 'cloudflare', 'fastmcp'],
    );
  });

  it('is refused by Keycloak with one finding, which names the member', async () => {
    const document = await documentOf();
    expect(reportOf('keycloak', document).findings).toMatchObject([
      {
        id: 'keycloak.metadata.unknown-members',
        places: ['/vc+jwt'],
        message: 'It refuses a document with members that it does not know, here vc+jwt.',
      },
    ]);
    const { 'vc+jwt': _passport, ...strict } = document.json;
    expect(reportOf('keycloak', { ...document, json: strict }).findings).toEqual([]);
  });

  it('passes atproto as well once it is a client of that protocol: the passport does not matter', async () => {
    const members = {
      scope: 'atproto',
      dpop_bound_access_tokens: true,
      grant_types: ['authorization_code', 'refresh_token'],
    };
    expect(reportOf('atproto', await documentOf(members))).toMatchObject({
      outcome: 'accepts',
      findings: [],
    });
  });
});

const elsewhere = 'https://other.example.com/x';
const withKey = (jwk: JsonObject): JsonObject => {
  const { jwks_uri: _uri, ...metadata } = foreignMetadata(url);
  return { ...metadata, jwks: { keys: [jwk] } };
};

describe('a rule of one server alone', () => {
  it.each<readonly [string, string, Order]>([
    ['better-auth', 'metadata.client-uri-origin', plus({ client_uri: elsewhere })],
    ['better-auth', 'metadata.logout-uri-origin', plus({ post_logout_redirect_uris: [elsewhere] })],
    ['better-auth', 'metadata.forbidden-member', plus({ skip_consent: true })],
    ['better-auth', 'redirect-uris.empty', plus({ redirect_uris: [] })],
    ['better-auth', 'metadata.signing-alg', plus({ token_endpoint_auth_signing_alg: 'ES256K' })],
    ['better-auth', 'keys.curve', { json: withKey({ ...publicJwk, crv: 'secp256k1' }) }],
    ['mcp-2026-07-28', 'metadata.client-name', minus('client_name')],
    ['mcp-2026-07-28', 'redirect-uris.absent', minus('redirect_uris')],
    ['mcp-2026-07-28', 'redirect-uris.scheme', plus({ redirect_uris: ['com.example:/cb'] })],
    [
      'mcp-2026-07-28',
      'redirect-uris.loopback-only',
      plus({ redirect_uris: ['http://localhost/cb'] }),
    ],
    ['auth0', 'url.length', { url: `https://client.example.com/${'c'.repeat(94)}` }],
    ['auth0', 'url.query', { url: `${url}?v=1` }],
    ['auth0', 'url.root-path', { url: 'https://client.example.com/' }],
    ['auth0', 'url.loopback', { url: 'https://localhost/client.json' }],
    ['auth0', 'keys.inline', { json: withKey(publicJwk) }],
    ['keycloak', 'url.query', { url: `${url}?v=1` }],
    ['keycloak', 'metadata.unknown-members', plus({ token_endpoint_auth_methods_supported: [] })],
    ['keycloak', 'metadata.uri-without-host', plus({ redirect_uris: ['com.example:/cb'] })],
    ['keycloak', 'metadata.several-hosts', plus({ logo_uri: elsewhere })],
    ['cloudflare', 'metadata.client-name', plus({ client_name: '' })],
    ['cloudflare', 'redirect-uris.absent', plus({ redirect_uris: [] })],
    ['cloudflare', 'metadata.auth-method', plus({ token_endpoint_auth_method: 'tls_client_auth' })],
    ['cloudflare', 'metadata.signing-alg', plus({ token_endpoint_auth_signing_alg: 'EdDSA' })],
    ['fastmcp', 'redirect-uris.absent', minus('redirect_uris')],
    ['entra', 'metadata.grant-types', plus({ grant_types: ['client_credentials'] })],
    [
      'entra',
      'metadata.client-credentials',
      plus({ grant_types: ['authorization_code', 'client_credentials'] }),
    ],
  ])('%s finds %s', (target, id, order) => {
    expect(reportOf(target).findings.map((one) => one.id)).not.toContain(`${target}.${id}`);
    expect(reportOf(target, order).findings.map((one) => one.id)).toContain(`${target}.${id}`);
  });

  const native = (members: JsonObject, at = url): Order =>
    plus({ scope: 'atproto', dpop_bound_access_tokens: true, ...members }, at);

  it.each<readonly [string, Order]>([
    ['url.port', native({}, 'https://client.example.com:8443/client.json')],
    [
      'response.content-type',
      { ...native({}), ...served({ 'content-type': 'application/x+json' }) },
    ],
    ['metadata.scope', native({ scope: 'openid' })],
    ['metadata.dpop', native({ dpop_bound_access_tokens: 'true' })],
    ['metadata.grant-types', native({ grant_types: ['authorization_code', 'implicit'] })],
    ['metadata.response-types', native({ response_types: ['code', 'id_token'] })],
    ['metadata.auth-method', native({ token_endpoint_auth_method: 'tls_client_auth' })],
    ['metadata.signing-alg', native({ token_endpoint_auth_signing_alg: '' })],
    ['metadata.signing-alg', native({ token_endpoint_auth_method: 'none' })],
    ['metadata.openid-member', native({ default_max_age: 60 })],
    ['metadata.client-uri', native({ client_uri: 'https://client.example.com/other' })],
    ['redirect-uris.absent', native({ redirect_uris: [] })],
    ['redirect-uris.host', native({ redirect_uris: [elsewhere] })],
  ])('atproto finds exactly %s', (id, order) => {
    expect(reportOf('atproto', native({}))).toMatchObject({ outcome: 'accepts', findings: [] });
    const report = reportOf('atproto', order);
    expect(report.findings.map((one) => one.id)).toEqual([`atproto.${id}`]);
    expect(report.outcome).toBe('refuses');
  });

  it.each([
    ['oidc-provider', 5_120],
    ['better-auth', 5_120],
    ['auth0', 5_120],
    ['keycloak', 5_000],
    ['cloudflare', 5_120],
    ['atproto', 524_288],
    ['fastmcp', 5_120],
    ['janssen', 65_536],
    ['gravitee', 20_480],
  ])('%s reads no more than %i octets', (target, limit) => {
    const sized = (bytes: number) => {
      const json = { ...foreignMetadata(url), software_id: '' };
      return { json: { ...json, software_id: 'x'.repeat(bytes - JSON.stringify(json).length) } };
    };
    const sizeFindings = (bytes: number) =>
      reportOf(target, sized(bytes)).findings.filter(({ id }) => id === `${target}.document.size`);
    expect(sizeFindings(limit)).toEqual([]);
    expect(sizeFindings(limit + 1)).toMatchObject([
      { severity: 'error', basis: target === 'keycloak' ? 'documentation' : expect.any(String) },
    ]);
  });

  it('of no importance for the document is told without refusing it', () => {
    expect(reportOf('fastmcp')).toMatchObject({
      outcome: 'accepts',
      findings: [
        { id: 'fastmcp.metadata.signing-alg', severity: 'warning' },
        { id: 'fastmcp.metadata.audience', severity: 'notice' },
      ],
    });
  });
});

describe('an error by the standard', () => {
  it('is a refusal where it is known to be one, a don’t-know elsewhere', () => {
    const order = plus({ client_secret: 'x' });
    expect(reportOf('oidc-provider', order)).toMatchObject({
      outcome: 'refuses',
      reasons: ['cimd.secrets.client-secret'],
    });
    expect(reportOf('fastmcp', order)).toMatchObject({
      outcome: 'unknown',
      reasons: ['cimd.secrets.client-secret'],
    });
  });

  it('does not trouble a server that is known not to look', () => {
    const order = served({ 'content-type': 'text/plain', 'cache-control': 'max-age=60' });
    expect(reportOf('oidc-provider', order)).toMatchObject({ outcome: 'accepts', reasons: [] });
    expect(reportOf('better-auth', order)).toMatchObject({ outcome: 'refuses' });
  });

  it('about the credential does not trouble a server that drops it', () => {
    const outcomes = ['cloudflare', 'mcp-2026-07-28', 'keycloak'].map(
      (target) => reportOf(target, plus({ 'vc+jwt': {} })).outcome,
    );
    expect(outcomes).toEqual(['accepts', 'unknown', 'refuses']);
  });

  it('that leaves no document is a refusal by everybody', () => {
    const { targets: reports } = lintDocument(
      { body: encodeUtf8('<html>'), url, response: goodResponse },
      { targets },
    );
    expect(new Set(reports.map(({ outcome }) => outcome))).toEqual(new Set(['refuses']));
  });
});

describe('how long a withdrawn document lives on', () => {
  const seconds = (id: string, order: Order = {}) => {
    const { minSeconds, maxSeconds, silentSeconds, thisDocumentSeconds } = reportOf(
      id,
      order,
    ).cache;
    return [minSeconds, maxSeconds, silentSeconds, thisDocumentSeconds];
  };

  it.each([
    ['oidc-provider', 30, 86_400, 30, 300],
    ['better-auth', 0, 3_600, 3_600, 300],
    ['mcp-2026-07-28', 0, null, null, 300],
    ['auth0', 0, null, null, null],
    ['keycloak', 300, 259_200, null, 300],
    ['cloudflare', 0, 604_800, 0, 300],
    ['atproto', 600, 600, 600, 600],
    ['fastmcp', 0, null, 3_600, 300],
    ['entra', 0, null, null, null],
    ['oracle', 0, null, null, null],
    ['janssen', 0, 86_400, 3_600, 3_600],
    ['gravitee', 0, 86_400, 3_600, 3_600],
  ])('at %s: at least %s s, at most %s, by default %s, with max-age=300 %s', (id, ...expected) => {
    expect(seconds(id)).toEqual(expected);
  });

  it.each<readonly [string, string, number | null, Readonly<Record<string, string>>]>([
    ['oidc-provider', 'a second', 30, { 'cache-control': 'max-age=1' }],
    ['oidc-provider', 'a year', 86_400, { 'cache-control': 'public, Max-Age="31536000"' }],
    ['oidc-provider', 'no-store, which it does not heed', 30, { 'cache-control': 'no-store' }],
    ['oidc-provider', 'Expires alone', null, { expires: 'Fri, 20 Nov 2026 12:00:00 GMT' }],
    ['oidc-provider', 'nothing', 30, {}],
    ['oidc-provider', 'an age that is no number', null, { 'cache-control': 'max-age=soon' }],
    ['better-auth', 'no-store', 0, { 'cache-control': 'no-store, max-age=60' }],
    ['better-auth', 'private', 0, { 'cache-control': 'private, max-age=60' }],
    ['better-auth', 'nothing', 3_600, {}],
    ['cloudflare', 's-maxage first', 10, { 'cache-control': 'max-age=60, s-maxage=10' }],
    ['cloudflare', 'a year', 604_800, { 'cache-control': 'max-age=31536000' }],
    ['cloudflare', 'nothing', 0, {}],
    ['mcp-2026-07-28', 'nothing', null, {}],
    ['atproto', 'a second', 600, { 'cache-control': 'max-age=1' }],
  ])('%s with %s: %s s', (id, _, expected, headers) => {
    expect(seconds(id, served({ 'content-type': 'application/json', ...headers }))[3]).toBe(
      expected,
    );
  });

  it('says what the figures rest on', () => {
    expect(reportOf('oidc-provider').cache).toMatchObject({ basis: 'source', asOf: '2026-11-20' });
    expect(reportOf('keycloak').cache).toMatchObject({ basis: 'documentation' });
  });
});
