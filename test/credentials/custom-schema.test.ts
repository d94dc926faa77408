import { describe, expect, it } from 'vitest';
import { compileCustomSchema } from '../../src/credentials/credential-schemas.ts';
import { buildCustomSchema, findSchemaFaults } from '../../src/credentials/custom-schema.ts';
import {
  credentialTypeOf,
  customTypeNameOf,
  isCustomTypeName,
} from '../../src/credentials/custom-type.ts';
import type { JsonObject, JsonValue } from '../../src/protocol/strict-json.ts';
import { refusalOf } from '../kernel/refusal.ts';

function placesIn(schema: JsonObject): readonly string[] {
  return findSchemaFaults({ type: 'object', ...schema }).map(({ pointer }) => pointer);
}

function member(schema: JsonValue): JsonObject {
  return { properties: { level: schema } };
}

describe('the name of a credential type', () => {
  it.each([
    ['security-clearance', 'SecurityClearanceCredential'],
    ['a', 'ACredential'],
    ['iso27001-audit', 'Iso27001AuditCredential'],
  ])('%s stands for %s', (name, type) => {
    expect(customTypeNameOf(name)).toBe(name);
    expect(credentialTypeOf(name)).toBe(type);
  });

  it.each([
    ...['', 'A', 'a_b', 'a--b', '-a', 'a-', '1a', 'a-1', 'a/b', '../a', `a${'b'.repeat(40)}`],
    ...['passport', 'compliance', 'provenance', 'allowed-actions', 'agent', 'agent-compliance'],
    ...['agent-authorization', 'mcp-server', 'verifiable', 'bitstring-status-list', 'json-schema'],
  ])('is never %j', (name) => {
    expect(isCustomTypeName(name)).toBe(false);
    expect(refusalOf(() => customTypeNameOf(name))[0]).toBe('invalid-input');
  });
});

describe('the schema of claims', () => {
  it('may use what describes claims', () => {
    const schema = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'Clearance',
      properties: {
        level: { $ref: '#/$defs/level' },
        since: { type: 'string', format: 'date' },
        rooms: { type: 'array', items: { type: 'string' }, uniqueItems: true, maxItems: 9 },
        badge: { type: 'string', pattern: '^[A-Z]{2}-\\d{1,6}$' },
      },
      required: ['level'],
      anyOf: [{ required: ['badge'] }, { required: ['rooms'] }],
      additionalProperties: false,
      $defs: { level: { enum: ['low', 'high'] } },
    };
    expect(placesIn(schema)).toEqual([]);
  });

  it.each<[string, JsonObject, string]>([
    ['another dialect', { $schema: 'http://json-schema.org/draft-07/schema#' }, '/$schema'],
    ['another type', { type: 'array' }, '/type'],
    ['an id', { $id: 'https://evil.example/x' }, '/$id'],
    ['an inner id', member({ $id: 'x' }), '/properties/level/$id'],
    ['an anchor', member({ $anchor: 'x' }), '/properties/level/$anchor'],
    ['a dynamic reference', member({ $dynamicRef: '#x' }), '/properties/level/$dynamicRef'],
    ['a remote reference', member({ $ref: 'https://e.example' }), '/properties/level/$ref'],
    ['a reference to itself', member({ $ref: '#' }), '/properties/level/$ref'],
    ['a reference to nothing', member({ $ref: '#/$defs/x' }), '/properties/level/$ref'],
    ['patterns of names', { patternProperties: { '^(a+)+$': true } }, '/patternProperties'],
    ['an unknown keyword', member({ colour: 'red' }), '/properties/level/colour'],
    ['the subject itself', { properties: { id: true } }, '/properties/id'],
    ['an odd name', { properties: { '@id': true } }, '/properties/@id'],
    ['no schema', member(7), '/properties/level'],
    ['no list', { allOf: {} }, '/allOf'],
    ['inner definitions', member({ $defs: {} }), '/properties/level/$defs'],
  ])('is refused with %s', (_, schema, pointer) => {
    expect(placesIn(schema)).toEqual([pointer]);
  });

  it('is refused when it is large, deep, or circular', () => {
    expect(placesIn({ description: 'x'.repeat(16_384) })).toEqual(['']);
    let deep: JsonObject = { type: 'string' };
    for (let at = 0; at < 12; at += 1) deep = { not: deep };
    expect(placesIn(deep)).toHaveLength(1);
    const circle = { a: { $ref: '#/$defs/b' }, b: { items: { $ref: '#/$defs/a' } } };
    expect(placesIn({ $defs: circle })).toEqual(['/$defs/b/items/$ref']);
  });

  it('is refused when references multiply, or much is compared with much', () => {
    const doubling = Array.from({ length: 40 }, (_, at) => {
      const next = { $ref: `#/$defs/d${at + 1}` };
      return [`d${at}`, { allOf: [next, next] }] as const;
    });
    const $defs = { ...Object.fromEntries(doubling), d40: true };
    expect(placesIn({ $defs, allOf: [{ $ref: '#/$defs/d0' }] })).toEqual(['']);
    expect(placesIn({ allOf: Array(9).fill({ uniqueItems: true }) })).toEqual(['']);
  });

  it('has every keyword hold a value of its kind', () => {
    const broken = { type: 'object', required: 'level' };
    const type = { url: 'urn:x:y', credentialType: 'XCredential', description: null };
    expect(() => compileCustomSchema(buildCustomSchema({ ...type, schema: broken }))).toThrow();
  });
});

describe('a pattern', () => {
  it.each([
    '^[a-z]+$',
    '^\\d+\\.\\d+$',
    '^[A-Z]{2}-\\d{1,6}$',
    '^ab?c?$',
    '^[^@\\s]+@[^@\\s]+$',
    '^$',
  ])('%s is taken', (pattern) => {
    expect(placesIn(member({ pattern }))).toEqual([]);
  });

  it.each([
    ...[
      '^(a+)+$',
      '^(a|a)*$',
      '^a|b$',
      'a',
      '^a',
      'a$',
      '^a+b+c+$',
      '^a?a?a?a?a?$',
      '^a{0,30}a{0,30}a{0,30}a{0,30}$',
      '^(?=a)a$',
    ],
    ...['^a*?$', '^\\1$', '^\\p{L}$', '^a{9,1}$', '^[b-a]$', `^${'a'.repeat(128)}$`, '^a**$'],
  ])('%s is not', (pattern) => {
    expect(placesIn(member({ pattern }))).toEqual(['/properties/level/pattern']);
  });

  it('fits no text of more than 1,024 characters', () => {
    const schema = { type: 'object', ...member({ type: 'string', pattern: '^a*$' }) };
    const type = { url: 'urn:x:y', credentialType: 'XCredential', description: null, schema };
    const validate = compileCustomSchema(buildCustomSchema(type));
    const judge = (level: string) =>
      validate({ type: ['XCredential'], credentialSubject: { level } });
    expect([judge('a'.repeat(1_024)), judge('a'.repeat(1_025))]).toEqual([true, false]);
  });
});
