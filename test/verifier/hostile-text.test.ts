import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lintDocument } from '../../src/lint/lint-document.ts';
import { targets } from '../../src/lint/targets.ts';
import { findUrlDefects } from '../../src/lint/url-defects.ts';
import { parseBaseUrl } from '../../src/protocol/base-url.ts';
import { parseClientId } from '../../src/protocol/client-id.ts';
import { parseClientMetadata } from '../../src/protocol/client-metadata.ts';
import { parseCompactJws } from '../../src/protocol/compact-jws.ts';
import { parseAgentCredential } from '../../src/protocol/credential-envelope.ts';
import { parseDateTimeStamp } from '../../src/protocol/date-time.ts';
import { findAssertionKey, parseDidDocument } from '../../src/protocol/did-document.ts';
import { parseDidUrl, parseDidWeb } from '../../src/protocol/did-web.ts';
import { enrolmentProofType, parseEnrolmentProof } from '../../src/protocol/enrolment-proof.ts';
import { parseFacet } from '../../src/protocol/facet.ts';
import { facetHolder } from '../../src/protocol/facet-listing.ts';
import { isHostName } from '../../src/protocol/host-name.ts';
import { maxLinkHeaderLength } from '../../src/protocol/limits.ts';
import { isCredentialMediaType, parseLinkHeader } from '../../src/protocol/link-header.ts';
import { parsePassport } from '../../src/protocol/passport.ts';
import { isScopeToken } from '../../src/protocol/scope.ts';
import type { JsonObject, JsonValue } from '../../src/protocol/strict-json.ts';
import { parseStrictJson } from '../../src/protocol/strict-json.ts';
import { encodeUtf8 } from '../../src/protocol/utf8.ts';
import { kindOfName } from '../../src/verifier/approvals.ts';
import type { Consent } from '../../src/verifier/consent.ts';
import { refusalOf } from '../../src/verifier/events/push-endpoint.ts';
import { judgeUrl } from '../../src/verifier/node/fetchable-url.ts';
import { plainWords } from '../../src/verifier/plain-words.ts';
import { renderConsent } from '../../src/verifier/render-consent.ts';
import { ageMsOf, reusableMsOf } from '../../src/verifier/resolve/freshness.ts';
import { parseJsonDocument } from '../../src/verifier/resolve/json-document.ts';
import { taken } from '../protocol/rules.ts';
import {
  clientId,
  compactOf,
  issuer,
  jwsOf,
  sampleFacet,
  samplePassport,
} from '../protocol/samples.ts';

const source = resolve(import.meta.dirname, '../../src');

/** One way in for text that a stranger wrote, and the modules whose patterns see it there. */
interface Way {
  readonly what: string;
  readonly modules: readonly string[];
  /** What must come first for the text to get as far as the patterns. */
  readonly prefixes: readonly string[];
  readonly read: (text: string) => unknown;
}

function way(
  what: string,
  modules: readonly string[],
  prefixes: readonly string[],
  read: Way['read'],
): Way {
  return { what, modules, prefixes: ['', ...prefixes], read };
}

/** The value with a text in the place of what is at this path. */
function put(value: JsonValue, [step, ...path]: readonly string[], text: string): JsonValue {
  if (step === undefined) return text;
  if (Array.isArray(value)) {
    return value.map((entry: JsonValue, at) =>
      String(at) === step ? put(entry, path, text) : entry,
    );
  }
  const object = value as JsonObject;
  return { ...object, [step]: put(object[step] ?? {}, path, text) };
}

const passport = samplePassport();
const facet = sampleFacet('provenance');
const jws = jwsOf(passport);

function readCredential(payload: JsonValue): unknown {
  const credential = parseAgentCredential({ ...jws, payload: payload as JsonObject });
  return credential.ok && [parsePassport(credential.value), parseFacet(credential.value)];
}

const inPassport = (module: string, path: string, prefixes: readonly string[] = []) =>
  way(`${path} of a passport`, [module], prefixes, (text) =>
    readCredential(put(passport, path.split('/'), text)),
  );
const inFacet = (module: string, path: string, prefixes: readonly string[] = []) =>
  way(`${path} of a facet`, [module], prefixes, (text) =>
    readCredential(put(facet, path.split('/'), text)),
  );
const inMetadata = (member: string, value: (text: string) => JsonValue) =>
  way(`${member} of a document`, ['client-metadata-rules'], ['https://a.example/'], (text) =>
    parseClientMetadata(
      { client_id: clientId, [member]: value(text) },
      { clientId: taken(parseClientId(clientId)) },
    ),
  );
const header = (name: string, text: string) => new Map([[name, text]]);

const consent: Consent = {
  host: 'a.example',
  hostIsInternational: false,
  clientId,
  name: null,
  kind: 'agent',
  version: null,
  issuer: null,
  granted: [],
  withheld: [],
  attested: [],
  mayDelegate: null,
  outcome: 'accepted',
  reason: null,
  checkedAt: '2026-11-20T12:00:00.000Z',
  documentAgeS: null,
  statusAgeS: null,
  recheckBefore: null,
  report: 'rpt_0000000001',
};

const ways: readonly Way[] = [
  way(
    'a client_id',
    ['document-url', 'host-name'],
    ['https://a.example/', 'https://'],
    parseClientId,
  ),
  way('a base URL', ['base-url'], ['https://a.example/o/', 'https://a.example/o/a-'], parseBaseUrl),
  way(
    'a client_id with facets',
    ['facet-listing'],
    ['https://a.example/a/', 'https://a.example/a/bot/strict'],
    facetHolder,
  ),
  // The length is judged before any pattern: what fits is repeated to the same number of characters.
  way(
    'a Link header',
    ['link-header'],
    ['<', '<a>', '<a>;', '<a>; a', '<a>; a="', '<a>; a="\\', '<a>,'],
    (text) => {
      const part = text.slice(0, maxLinkHeaderLength);
      for (let read = 0; read < length; read += maxLinkHeaderLength) parseLinkHeader(part);
    },
  ),
  way('the type of a credential', ['link-header'], ['application/vc+jwt'], isCredentialMediaType),
  way('a host name', ['host-name'], ['a.', 'xn--'], isHostName),
  way('a DID', ['did-web', 'host-name'], ['did:web:', 'did:web:a.example:'], parseDidWeb),
  way('a kid', ['did-web'], [`${issuer}#`], parseDidUrl),
  way('JSON', ['strict-json'], ['"', '{"', '[', '[1', '{"a":'], parseStrictJson),
  way('a scope token', ['scope'], ['a'], isScopeToken),
  way('a date', ['date-time'], ['2026-11-20T12:00:00.'], parseDateTimeStamp),
  way('a compact JWS', ['compact-jws'], ['eyJ', 'e30.e30.'], (text) =>
    parseCompactJws(text, { maxBytes: 1_000_000, typ: ['vc+jwt'] }),
  ),
  way('the hash in a proof of enrolment', ['enrolment-proof'], [], (text) =>
    parseEnrolmentProof(
      compactOf({ aud: issuer, iat: 1, token_hash: text }, { typ: enrolmentProofType }),
    ),
  ),
  way('the type of a JWS', ['compact-jws'], ['application/'], (text) =>
    parseCompactJws(compactOf({}, { typ: text }), { maxBytes: 1_000_000, typ: ['vc+jwt'] }),
  ),
  inPassport('credential-envelope', '@context/1', ['https://', 'http://a']),
  inPassport('claim-shape', 'id', ['urn:']),
  inPassport('claim-shape', 'credentialSubject/name'),
  inPassport('claim-shape', 'credentialSubject/documentDigest'),
  inPassport('claim-shape', 'credentialSubject/provenance/digest', ['sha256:']),
  inPassport('passport', 'credentialSubject/issuerDomain', ['a:']),
  inPassport('scope', 'credentialSubject/authorizedScopes/0'),
  inPassport('credential-status', 'credentialStatus/0/statusListIndex', ['1']),
  inPassport('document-url', 'credentialStatus/0/statusListCredential', ['https://a.example/']),
  inPassport('date-time', 'validUntil', ['2026-11-20T12:00:00.']),
  inFacet('claim-shape', 'credentialSubject/software/repository', ['https:']),
  inFacet('provenance-claims', 'credentialSubject/software/commit', ['0']),
  inMetadata('client_uri', (text) => text),
  inMetadata('jwks_uri', (text) => text),
  inMetadata('redirect_uris', (text) => [text]),
  way('a member of a key', ['did-document'], ['publicKey'], (text) => {
    const key = { id: `${issuer}#k`, controller: issuer, type: 'JsonWebKey', [text]: '' };
    const relations = { verificationMethod: [key], assertionMethod: [`${issuer}#k`] };
    const document = parseDidDocument({ id: issuer, ...relations }, issuer);
    return document.ok && findAssertionKey(document.value, { kid: `${issuer}#k`, at: new Date() });
  }),
  way('a URL to fetch', ['node/fetchable-url'], ['https://', 'https://['], (text) =>
    judgeUrl(text, false),
  ),
  way('Cache-Control', ['resolve/freshness'], ['max-age=', 'a="'], (text) =>
    reusableMsOf(header('cache-control', text)),
  ),
  way('Age', ['resolve/freshness'], ['1'], (text) => ageMsOf(header('age', text))),
  way('Expires', ['resolve/freshness'], ['Fri, 20 Nov '], (text) =>
    reusableMsOf(new Map([...header('expires', text), ...header('date', text)])),
  ),
  way('Content-Type', ['json-media-type'], ['application/', 'application/json'], (text) =>
    parseJsonDocument({
      status: 200,
      headers: header('content-type', text),
      body: new Uint8Array(),
    }),
  ),
  way('a URL to lint', ['url-defects'], ['https://a.example/c?', '?'], (text) =>
    findUrlDefects(text, {}),
  ),
  way('a name on a consent screen', ['plain-words', 'render-consent'], ['a'], (text) =>
    renderConsent({ ...consent, name: plainWords(text, text.length) }),
  ),
  way(
    'a name among the approvals',
    ['approvals'],
    ['id.acme.com:', 'did:web:', 'https://'],
    kindOfName,
  ),
  way('the media type of a pushed event', ['events/push-endpoint'], ['application/'], (text) =>
    refusalOf('POST', text),
  ),
  way('a contact to lint', ['targets/oidc-provider'], ['a@', 'a@b.'], (text) =>
    lintDocument({ body: encodeUtf8(JSON.stringify({ contacts: [text] })) }, { targets }),
  ),
];

// What patterns with repetitions choke on: runs of what they repeat, and of what parts it.
const units = [
  ...[
    'a',
    'A',
    '0',
    '1',
    '-',
    '.',
    '/',
    '%',
    ':',
    '@',
    '#',
    '?',
    '&',
    ' ',
    '\t',
    '\n',
    '=',
    '+',
    ';',
  ],
  ...[
    'a-',
    'a.',
    '-a',
    '0.',
    'a:',
    ':a',
    ':1',
    '/a',
    '//',
    '/.',
    '%2',
    '%2e',
    '%41',
    '0x',
    '1e',
    'e1',
  ],
  ...['"', '\\', '\\"', '"a', 'a="', '=",', ',', ', ', 'no-', 'max-age=', 'xn--', 'json', '+json'],
  ...[
    '[',
    ']',
    '[]',
    '{"a":',
    '"a":1,',
    '\\u',
    '\\ud800',
    '\ud800',
    '\ud83d\ude00',
    '\u202a',
    '\u0000',
  ],
  ...['é', '~', '~0', 'did:', 'application/', 'sha256:', 'T00:', '\u2028'],
];
const endings = ['', '\u0000'];
const length = 100_000;

describe('text of 100,000 characters that was made to be slow to read', () => {
  it.each(ways)('C-13 is read in no time as $what', ({ prefixes, read }) => {
    const slow: string[] = [];
    for (const prefix of prefixes) {
      for (const unit of units) {
        for (const ending of endings) {
          const text = prefix + unit.repeat(Math.ceil(length / unit.length)) + ending;
          const startedAt = performance.now();
          read(text);
          // What backtracks takes ten seconds at the least; a busy machine does not.
          if (performance.now() - startedAt > 1_000)
            slow.push(JSON.stringify([prefix, unit, ending]));
        }
      }
    }
    expect(slow).toEqual([]);
  });

  it('C-13 is tried on every module below the services that has a pattern', () => {
    const tried = new Set(ways.flatMap(({ modules }) => modules));
    const withPattern = ['protocol', 'lint', 'verifier'].flatMap((room) =>
      readdirSync(join(source, room), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .filter((name) => patternsIn(readFileSync(join(source, room, name), 'utf8')).length > 0)
        .map((name) => name.replace(/\.ts$/, '')),
    );
    expect(withPattern.length).toBeGreaterThan(15);
    expect(withPattern.filter((name) => !tried.has(name) && !(name in ownText))).toEqual([]);
  });

  it('C-13 is nowhere read by a pattern that is put together from text', () => {
    const files = ['protocol', 'lint', 'verifier'].flatMap((room) =>
      readdirSync(join(source, room), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => join(source, room, name)),
    );
    const built = files.filter((file) => /\bRegExp\(/.test(readFileSync(file, 'utf8')));
    expect(built).toEqual([]);
  });
});

/** Modules whose patterns see no text of a stranger, and whose text they see. */
const ownText: Readonly<Record<string, string>> = {
  'trust-policy': 'the operator, in the policy',
  'events/event-sources': 'the operator, in the policy',
  'events/event-receiver': 'the operator, in the options',
  'events/receiver-options': 'the operator, in the options',
  invalidate: 'a URL that is made of a DID',
  'resolve/refresh-ahead': 'a URL that was judged before it was read',
};

const literal =
  /(?<=[=(,!:[?&|]\s*|return\s|\n\s*)\/(?![/*\s])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[dgimsuvy]*(?=[.,;)\s])/g;

/** The regular expressions that are written out in a module, its comments left out. */
function patternsIn(text: string): readonly string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
  return code.match(literal) ?? [];
}
