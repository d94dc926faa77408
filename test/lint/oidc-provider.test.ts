import { randomBytes } from 'node:crypto';
import { Provider } from 'oidc-provider';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpsListener, listenHttps } from '../../src/demo/listen-https.ts';
import { lintDocument, type TargetReport } from '../../src/lint/lint-document.ts';
import { oidcProvider } from '../../src/lint/targets/oidc-provider.ts';
import type { JsonObject } from '../../src/protocol/strict-json.ts';
import { encodeUtf8 } from '../../src/protocol/utf8.ts';
import { testCertificates } from '../support/agent-world.ts';
import {
  type BrokenDocument,
  brokenDocuments,
  foreignMetadata,
  goodResponse,
  publicJwk,
} from './broken-documents.ts';

type Input = BrokenDocument['input'];

/** Documents by the very text of their URL, which reaches the host in this header. */
const hosted = new Map<string, Input>();
const askedHeader = 'x-asked';

let host: HttpsListener;
let provider: Provider;

beforeAll(async () => {
  host = await listenHttps(testCertificates());
  host.handle((request, response) => {
    const document = hosted.get(String(request.headers[askedHeader]));
    const { status = 404, headers } = document?.response ?? {};
    response.writeHead(Number(status), Object.fromEntries(headers ?? [])).end(document?.body);
  });
  provider = new Provider('https://as.example.com', {
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    features: {
      clientCredentials: { enabled: true },
      clientIdMetadataDocument: { enabled: true, ack: 'draft-02' },
      devInteractions: { enabled: false },
    },
    // Its own dispatcher refuses loopback.
    fetch: (url, init) => {
      const headers = new Headers(init?.headers);
      headers.set(askedHeader, String(url));
      return fetch(url, { ...init, headers, dispatcher: undefined } as RequestInit);
    },
  });
});

afterAll(() => host[Symbol.asyncDispose]());

/** Whether the real server makes a client of what is hosted at this URL. */
async function isTaken(input: Input): Promise<boolean> {
  hosted.set(input.url, input);
  try {
    return (await provider.Client.find(input.url)) !== undefined;
  } catch (error) {
    expect(String(error)).toMatch(/^InvalidClient/);
    return false;
  }
}

function lint(input: Input): TargetReport {
  const [report] = lintDocument(input, { targets: [oidcProvider] }).targets;
  if (report === undefined) throw new Error('one target was asked for');
  return report;
}

function documentAt(name: string, change: (metadata: JsonObject) => JsonObject): Input {
  const url = `${host.url}/${encodeURIComponent(name)}/client.json`;
  const body = encodeUtf8(JSON.stringify(change(foreignMetadata(url))));
  return { url, body, response: goodResponse };
}

describe('the real node-oidc-provider and the lint for it', () => {
  it('agree about every broken document, but for those of which the lint says nothing', async () => {
    const answers = [];
    for (const { defect, input } of brokenDocuments(host.url)) {
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
      'a name in Latin-1',
      'a member named twice',
      'a member named twice, once escaped',
      'forty brackets',
      'a whole number with an exponent',
      'half of a character',
      'a name that reaches for prototypes',
      'a URL without a path',
    ]);
    expect(open.filter(({ taken }) => !taken).map(({ defect }) => defect)).toEqual([
      'a URL with dot segments',
      'a URL with escaped dot segments',
    ]);
  });

  it('agree about a document in order', async () => {
    const input = documentAt('in order', (metadata) => metadata);
    expect(lint(input)).toMatchObject({ outcome: 'accepts', findings: [] });
    expect(await isTaken(input)).toBe(true);
  });

  it.each<readonly [string, readonly string[], JsonObject]>([
    ['no authentication method', ['metadata.auth-method'], { token_endpoint_auth_method: 'tls' }],
    [
      'an algorithm it does not know',
      ['metadata.signing-alg'],
      { token_endpoint_auth_signing_alg: 'ES256K' },
    ],
    ['an algorithm without keys', ['metadata.signing-alg'], { token_endpoint_auth_method: 'none' }],
    ['a scope it does not know', ['metadata.scope'], { scope: 'openid read:logs' }],
    ['a contact that is no address', ['metadata.contacts'], { contacts: ['a@b.example', 'Ops'] }],
    ['an empty name', ['metadata.empty'], { client_name: '' }],
    ['a scope that is null', ['metadata.empty'], { scope: null }],
    ['contacts that are a text', ['metadata.list'], { contacts: 'a@b.example' }],
    ['a logo that is null', ['metadata.page-uri'], { logo_uri: null }],
    ['a page over http', ['metadata.page-uri'], { initiate_login_uri: 'http://a.example/' }],
    ['another application type', ['metadata.application-type'], { application_type: 'service' }],
    ['pairwise subjects', ['metadata.subject-type'], { subject_type: 'pairwise' }],
    ['no grant it knows', ['metadata.grant-types'], { grant_types: ['urn:x:grant'] }],
    ['no response type it knows', ['metadata.response-types'], { response_types: ['token'] }],
    [
      'no redirect URI, though the code needs none',
      ['redirect-uris.absent'],
      { grant_types: ['client_credentials'], redirect_uris: [] },
    ],
    [
      'a scheme of an app for the web',
      ['redirect-uris.form'],
      { redirect_uris: ['com.example:/cb'] },
    ],
    [
      'http for an app',
      ['redirect-uris.form'],
      { application_type: 'native', redirect_uris: ['http://a.example/cb'] },
    ],
    [
      'https to loopback for an app',
      ['redirect-uris.form'],
      { application_type: 'native', redirect_uris: ['https://localhost/cb'] },
    ],
    [
      'a script for an app',
      ['redirect-uris.form'],
      { application_type: 'native', redirect_uris: ['javascript:alert(1)'] },
    ],
  ])('both refuse %s', async (name, ids, members) => {
    const input = documentAt(name, (metadata) => ({ ...metadata, ...members }));
    const report = lint(input);
    expect(report.findings.map(({ id }) => id)).toEqual(ids.map((id) => `oidc-provider.${id}`));
    expect(report.findings).toMatchObject([{ severity: 'error', basis: 'measured' }]);
    expect(report.outcome).toBe('refuses');
    expect(await isTaken(input)).toBe(false);
  });

  it.each<readonly [string, JsonObject]>([
    ['members that nobody knows', { 'vc+jwt': 'x.y.z', 'x-null': null, software_statement: {} }],
    ['scopes that it knows', { scope: 'openid offline_access' }],
    ['no grant types', { grant_types: [] }],
    [
      'one grant that it knows among others',
      { grant_types: ['urn:x:grant', 'client_credentials'] },
    ],
    ['response types in another order', { response_types: ['id_token code'] }],
    [
      'no redirect at all',
      { response_types: [], redirect_uris: [], grant_types: ['client_credentials'] },
    ],
    [
      'http to loopback for an app',
      { application_type: 'native', redirect_uris: ['http://127.0.0.1/cb'] },
    ],
    ['a scheme of an app', { application_type: 'native', redirect_uris: ['com.example:/cb'] }],
    ['plain http for the web', { redirect_uris: ['http://a.example/cb'] }],
    ['mail addresses', { contacts: ['ops+agents@acme.example', "o'hara@acme.example"] }],
  ])('both take %s', async (name, members) => {
    const input = documentAt(name, (metadata) => ({ ...metadata, ...members }));
    expect(await isTaken(input)).toBe(true);
    expect(lint(input).findings).toEqual([]);
  });

  it('both take keys in the document', async () => {
    const input = documentAt('inline', ({ jwks_uri: _uri, ...metadata }) => ({
      ...metadata,
      jwks: { keys: [publicJwk] },
    }));
    expect(lint(input).outcome).toBe('accepts');
    expect(await isTaken(input)).toBe(true);
  });

  it('both draw the line at 5,120 octets', async () => {
    const sized = (bytes: number) =>
      documentAt(`of ${bytes}`, (metadata) => {
        const left = bytes - JSON.stringify({ ...metadata, pad: '' }).length;
        return { ...metadata, pad: 'x'.repeat(left) };
      });
    expect(lint(sized(5_120)).outcome).toBe('accepts');
    expect(await isTaken(sized(5_120))).toBe(true);
    expect(lint(sized(5_121)).findings.map(({ id }) => id)).toEqual([
      'oidc-provider.document.size',
    ]);
    expect(await isTaken(sized(5_121))).toBe(false);
  });
});
