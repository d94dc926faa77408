import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lintDocument } from '../../src/lint/lint-document.ts';
import { targets } from '../../src/lint/targets.ts';
import type { JsonValue } from '../../src/protocol/strict-json.ts';
import { encodeUtf8 } from '../../src/protocol/utf8.ts';
import { foreignMetadata, goodResponse } from '../lint/broken-documents.ts';
import { numRuns } from './runs.ts';

const url = 'https://client.example.com/oauth/client.json';
const names = [
  ...Object.keys(foreignMetadata(url)),
  ...['jwks', 'scope', 'contacts', 'application_type', 'vc+jwt', 'logo_uri', 'client_secret'],
];

/** Values of every type, among them such as stand in real documents. */
const value = fc.oneof(
  fc.constantFrom<JsonValue>('none', 'code', url, 'http://localhost/', 'javascript:x', '', null),
  fc.jsonValue({ maxDepth: 3 }).map((json) => json as JsonValue),
  fc.record({
    keys: fc.array(fc.dictionary(fc.constantFrom('kty', 'crv', 'x', 'd', 'kid'), fc.string())),
  }),
);
const json = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...names), value), { selector: ([name]) => name })
  .map((members) => ({ ...foreignMetadata(url), ...Object.fromEntries(members) }));

describe('the lint', () => {
  test('says something of any octets, and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.string(), (body, where) => {
        const report = lintDocument({ body, url: where, response: goodResponse }, { targets });
        // No octets of chance are a document at the URL where they stand.
        expect(report.findings.length).toBeGreaterThan(0);
        expect(report.targets.map(({ outcome }) => outcome)).not.toContain('accepts');
      }),
      { numRuns },
    );
  });

  test('of a client with any members, finds each rule once and keeps its word about refusals', () => {
    fc.assert(
      fc.property(json, (document) => {
        const body = encodeUtf8(JSON.stringify(document));
        const report = lintDocument({ body, url, response: goodResponse }, { targets });
        const all = [...report.findings, ...report.targets.flatMap(({ findings }) => findings)];
        expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
        expect(all.every(({ places, placeCount }) => places.length > 0 && placeCount > 0)).toBe(
          true,
        );
        for (const { findings, outcome } of report.targets) {
          const errors = findings.filter(({ severity }) => severity === 'error');
          if (errors.length > 0) expect(outcome).toBe('refuses');
        }
      }),
      { numRuns },
    );
  });

  test('has a budget whose parts are the whole', () => {
    fc.assert(
      fc.property(json, fc.nat(4), (document, indent) => {
        const body = encodeUtf8(JSON.stringify(document, null, indent));
        const { budget, readable } = lintDocument({ body }, { targets: [] });
        const parts = budget.members.reduce((sum, { bytes }) => sum + bytes, budget.layoutBytes);
        expect(parts).toBe(body.length);
        if (readable) expect(budget.layoutBytes).toBeGreaterThan(0);
      }),
      { numRuns },
    );
  });
});
