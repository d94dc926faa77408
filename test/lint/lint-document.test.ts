import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lintDocument } from '../../src/lint/lint-document.ts';
import { metadataRules } from '../../src/lint/metadata-defects.ts';
import { standardRules } from '../../src/lint/standard-rules.ts';
import type { LintInput } from '../../src/lint/subject.ts';
import { encodeUtf8 } from '../../src/protocol/utf8.ts';
import { brokenDocuments, foreignMetadata, goodResponse } from './broken-documents.ts';

const url = 'https://client.example.com/oauth/client.json';
const broken = brokenDocuments('https://localhost:8443');

function lint(input: Partial<LintInput> & { readonly json?: object }) {
  const { json = foreignMetadata(url), ...rest } = input;
  return lintDocument({ body: encodeUtf8(JSON.stringify(json)), ...rest }, { targets: [] });
}

const idsOf = (report: ReturnType<typeof lint>) => report.findings.map(({ id }) => id);

describe('a document of somebody else, in order', () => {
  it('has no finding, with neither a credential nor anything of ours in it', () => {
    expect(lint({ url, response: goodResponse })).toMatchObject({
      findings: [],
      readable: true,
      unchecked: ['key-set'],
    });
  });

  it('has none as a file either, and the lint says what it could not look at', () => {
    expect(lint({})).toMatchObject({ findings: [], unchecked: ['url', 'response', 'key-set'] });
  });

  it('may be served as a type of the +json family', () => {
    const headers = new Map([
      ['content-type', 'application/oauth-client+json; charset=utf-8'],
      ['cache-control', 'max-age=60'],
    ]);
    expect(idsOf(lint({ url, response: { status: 200, headers } }))).toEqual([]);
  });

  it('may live on loopback in development, and then have pages there', () => {
    const local = 'http://localhost:8787/a/bot/client.json';
    const json = foreignMetadata(local);
    expect(idsOf(lint({ json, url: local, allowLoopback: true }))).toEqual([]);
    expect(idsOf(lint({ json, url: local }))).toEqual([
      'cimd.url.scheme',
      'cimd.keys.uri',
      'cimd.metadata.page-uri',
    ]);
  });
});

describe('a broken document gets exactly its finding', () => {
  it.each(broken.map(({ defect, input, ids }) => [defect, ids, input] as const))(
    '%s: %j',
    (_, ids, input) => {
      expect(idsOf(lintDocument(input, { targets: [] }))).toEqual(ids);
    },
  );

  it('and nearly every rule has a broken document', () => {
    const tried = new Set(broken.flatMap(({ ids }) => ids));
    expect(broken.length).toBeGreaterThan(60);
    // The default port cannot be served beside another one; a test of its own has it.
    expect(Object.keys(standardRules).filter((id) => !tried.has(id))).toEqual(['cimd.url.port']);
  });

  it('also for the default port spelled out', () => {
    const spelled = 'https://client.example.com:443/client.json';
    const json = { ...foreignMetadata(spelled), client_id: spelled };
    expect(idsOf(lint({ json, url: spelled }))).toEqual(['cimd.url.port']);
  });
});

describe('a finding', () => {
  it('names the place, the fix, and what it rests on since when', () => {
    const json = { ...foreignMetadata(url), redirect_uris: ['https://a.example/', '/b', '/c'] };
    expect(lint({ json, url }).findings).toEqual([
      {
        id: 'cimd.redirect-uris.form',
        severity: 'error',
        places: ['/redirect_uris/1', '/redirect_uris/2'],
        placeCount: 2,
        message:
          'A redirect URI is not absolute, has a fragment or a wildcard, or a scheme that runs in the browser.',
        fix: 'Write every redirect URI in full: they are compared as text.',
        source: 'RFC 6749 §3.1.2',
        basis: 'standard',
        asOf: '2012-10',
      },
    ]);
  });

  it('lists twenty places at most, and counts the rest', () => {
    const json = {
      ...foreignMetadata(url),
      redirect_uris: Array.from({ length: 5_000 }, () => 'x'),
    };
    const [size, form] = lint({ json, url }).findings;
    expect(size?.id).toBe('cimd.document.size');
    expect(form).toMatchObject({ id: 'cimd.redirect-uris.form', placeCount: 5_000 });
    expect(form?.places).toHaveLength(20);
  });

  it('says that a rule is our verifier’s own where no standard has it', () => {
    const json = { ...foreignMetadata(url), jwks_uri: 'https://keys.example/jwks.json' };
    expect(lint({ json, url }).findings).toMatchObject([
      {
        id: 'cimd.keys.origin',
        severity: 'warning',
        source: 'Sealwright verifier',
        basis: 'measured',
      },
    ]);
  });

  it('exists for every rule that the parser of client metadata has', () => {
    const path = resolve(import.meta.dirname, '../../src/protocol/client-metadata-rules.ts');
    const text = readFileSync(path, 'utf8');
    const rules = [
      ...text.matchAll(/'(metadata-[a-z-]+|client-id-[a-z]+|jwks-uri-[a-z]+|credential-[a-z]+)'/g),
    ].map(([, rule = '']) => rule);
    expect(new Set(rules).size).toBe(9);
    expect(rules.filter((rule) => metadataRules[rule] === undefined)).toEqual([]);
  });
});

describe('a URL with several defects', () => {
  it('gets all that count once the query is set aside', () => {
    const crooked = 'https://client.example.com/a/../c?x=1';
    const json = { client_id: crooked, token_endpoint_auth_method: 'none', redirect_uris: [url] };
    expect(idsOf(lint({ json, url: crooked }))).toEqual(['cimd.url.query', 'cimd.url.path']);
  });

  it('is judged as the document writes it when nobody says where it is', () => {
    const report = lint({ json: { ...foreignMetadata(url), client_id: 'client-7' } });
    expect(report.findings).toMatchObject([{ id: 'cimd.url.scheme', places: ['/client_id'] }]);
  });
});

describe('the byte budget', () => {
  it('adds up, largest member first', () => {
    const json = { client_id: 'x', client_name: 'abcdef' };
    const { budget } = lintDocument(
      { body: encodeUtf8(JSON.stringify(json, null, 2)) },
      { targets: [] },
    );
    expect(budget).toEqual({
      totalBytes: 49,
      members: [
        { name: 'client_name', bytes: 23 },
        { name: 'client_id', bytes: 16 },
      ],
      layoutBytes: 10,
      limitBytes: 5_120,
      leftBytes: 5_071,
      publicationLimitBytes: 5_000,
      leftToPublishBytes: 4_951,
    });
  });

  it('counts octets, not characters', () => {
    const json = { client_name: 'é€' };
    expect(lint({ json }).budget).toMatchObject({
      totalBytes: 23,
      members: [{ name: 'client_name', bytes: 22 }],
    });
  });

  it('has no members where nothing could be read', () => {
    const report = lintDocument({ body: encodeUtf8('{') }, { targets: [] });
    expect(report).toMatchObject({ readable: false, budget: { totalBytes: 1, members: [] } });
  });
});
