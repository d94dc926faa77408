import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parseAgentCredential } from '../../src/protocol/credential-envelope.ts';
import { facetSchemas, facetTypes, parseFacet } from '../../src/protocol/facet.ts';
import { parsePassport, passportSchema } from '../../src/protocol/passport.ts';
import type { JsonObject, JsonValue } from '../../src/protocol/strict-json.ts';
import { jwsOf, sampleFacet, samplePassport } from './samples.ts';

function schemaOf(file: string): JsonObject {
  return JSON.parse(readFileSync(new URL(`../../schemas/${file}`, import.meta.url), 'utf8'));
}

function compile(file: string): ValidateFunction {
  return new Ajv2020({ strict: true, allErrors: true }).compile(schemaOf(file));
}

/** Whether the parsers take a payload. */
function isParsed(payload: JsonObject): boolean {
  const credential = parseAgentCredential(jwsOf(payload));
  if (!credential.ok) return false;
  const { types } = credential.value;
  const isPassport = types.includes('AgentAuthorizationCredential');
  return isPassport ? parsePassport(credential.value).ok : parseFacet(credential.value).ok;
}

/** Every place in a value, by its path. */
function placesOf(
  value: JsonValue,
  path: readonly (string | number)[] = [],
): (string | number)[][] {
  const inner = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return [
    [...path],
    ...inner.flatMap(([name, member]) => placesOf(member as JsonValue, [...path, name])),
  ];
}

/** The payload with the place changed, or taken away when the value is undefined. */
function altered(
  payload: JsonObject,
  path: readonly (string | number)[],
  value?: JsonValue,
): JsonObject {
  const copy = JSON.parse(JSON.stringify(payload));
  const last = path.at(-1) ?? '';
  const parent = path.slice(0, -1).reduce((at, name) => at[name], copy);
  if (value !== undefined) parent[last] = value;
  else if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else delete parent[last];
  return copy;
}

const samples: readonly (readonly [string, string, JsonObject])[] = [
  ['passport', passportSchema, samplePassport()],
  ['passport of an MCP server', passportSchema, samplePassport({ agentType: 'mcp-server' })],
  ...facetTypes.map((type) => [type, facetSchemas[type], sampleFacet(type)] as const),
];

// Members whose absence the parser leaves to the verifier, which has an answer of its own to it.
const leftToVerifier = ['/credentialSchema', '/credentialStatus', '/credentialStatus/0', '/status'];
// What VC-JOSE-COSE §5 has a reader ignore, and what takes two members to see.
const differing = [
  '/exp = 7',
  '/credentialSchema/type = ""',
  '/credentialSchema/type = "a b"',
  '/credentialStatus = []',
];
const replacements: readonly JsonValue[] = [null, 7, -1, '', 'a b', [], {}, true, ['x'], { x: 1 }];

describe.each(samples)('the schema of a %s', (_name, file, payload) => {
  const validate = compile(file);
  const places = placesOf(payload).filter((path) => path.length > 0);

  test('accepts what the builder writes, and so does the parser', () => {
    expect(validate(payload)).toBe(true);
    expect(isParsed(payload)).toBe(true);
  });

  test('agrees with the parser about each member that is taken away', () => {
    expect(places.length).toBeGreaterThan(20);
    for (const path of places) {
      const pointer = `/${path.join('/')}`;
      const other = altered(payload, path);
      if (leftToVerifier.includes(pointer)) continue;
      expect([pointer, validate(other)]).toEqual([pointer, isParsed(other)]);
    }
  });

  test('agrees with the parser about each member that is replaced', () => {
    for (const path of places) {
      for (const value of replacements) {
        const pointer = `/${path.join('/')} = ${JSON.stringify(value)}`;
        if (differing.includes(pointer)) continue;
        const other = altered(payload, path, value);
        expect([pointer, validate(other)]).toEqual([pointer, isParsed(other)]);
      }
    }
  });

  test('agrees with the parser about undefined terms and related resources', () => {
    const contexts = payload['@context'] as readonly string[];
    const undefinedTerms = 'https://www.w3.org/ns/credentials/undefined-terms/v2';
    const loose = { ...payload, '@context': [...contexts, undefinedTerms] };
    expect([validate(loose), isParsed(loose)]).toEqual([false, false]);
    const relatedResource = [{ id: 'https://acme.com/sbom.json', digestSRI: 'sha384-AA' }];
    const bound = { ...payload, relatedResource };
    expect([validate(bound), isParsed(bound)]).toEqual(
      file === passportSchema ? [false, false] : [true, true],
    );
  });

  test('agrees with the parser that there are no further members', () => {
    const objects = places.filter((path) => {
      const value = path.reduce((at, name) => at[name], JSON.parse(JSON.stringify(payload)));
      return typeof value === 'object' && !Array.isArray(value);
    });
    const open = /constraints|authorizationDetails|credentialSchema|credentialStatus|\/status/;
    for (const path of [[], ...objects].filter((each) => !open.test(`/${each.join('/')}`))) {
      const other = altered(payload, [...path, 'stranger'], 1);
      expect([path, validate(other), isParsed(other)]).toEqual([path, false, false]);
    }
  });
});

describe('the schemas', () => {
  test.each([passportSchema, ...Object.values(facetSchemas)])('%s says what it is', (file) => {
    const schema = schemaOf(file);
    expect(schema['$schema']).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(schema['$id']).toBe(`/schemas/${file}`);
    expect(schema['title']).toMatch(/^Agent\w+Credential$/);
    expect(JSON.stringify(schema)).not.toMatch(/"\$ref":"(?!#)/);
  });

  test.each<[string, JsonValue]>([
    ['/credentialSubject/authorizedScopes', Array.from({ length: 33 }, (_, i) => `s${i}`)],
    ['/credentialSubject/authorizedScopes', ['a', 'a']],
    ['/credentialSubject/name', 'x'.repeat(201)],
    ['/credentialSubject/name', 'a\u202eb'],
    ['/credentialSubject/agentType', 'mcp-server'],
    ['/credentialSubject/delegation', { permitted: false, maxDepth: 1 }],
    ['/credentialSubject/complianceAttestations/0/validUntil', '2027-03-01T00:00:00'],
    ['/credentialSubject/jwkThumbprints/0', 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xt'],
    ['/credentialSubject/provenance/digest', `sha256:${'AB'.repeat(32)}`],
    ['/credentialSubject/id', 'https://id.acme.com'],
    ['/credentialSubject/id', 'https://u@id.acme.com/c'],
    ['/credentialSubject/did', 'did:web:ID.acme.com'],
    ['/credentialStatus/0/statusListIndex', '07'],
    ['/credentialStatus/0/statusListCredential', 'https://id.acme.com/s?x'],
    ['/status/status_list/idx', '7'],
    ['/type', ['VerifiableCredential', 'McpServerCredential']],
    ['/type', ['VerifiableCredential', 'AgentAuthorizationCredential', 'McpServerCredential']],
    ['/@context', ['https://www.w3.org/ns/credentials/v2']],
    ['/exp', 1.5],
    ['/issuer', 'https://id.acme.com'],
  ])('refuse %s = %j, and so does the parser', (pointer, value) => {
    const other = altered(samplePassport(), pointer.split('/').slice(1), value);
    expect(compile(passportSchema)(other)).toBe(false);
    expect(isParsed(other)).toBe(false);
  });
});
