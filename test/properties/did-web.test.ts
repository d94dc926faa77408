import fc from 'fast-check';
import { expect, test } from 'vitest';
import { didWebOf, didWebUrl, parseDidWeb } from '../../src/protocol/did-web.ts';
import { numRuns } from './runs.ts';

const label = fc
  .stringMatching(/^[a-z]([a-z0-9-]{0,8}[a-z0-9])?$/)
  .filter((text) => !text.startsWith('xn--'));
const host = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
const port = fc.option(
  fc.integer({ min: 1, max: 65_535 }).filter((number) => number !== 443),
  { nil: undefined },
);
const segment = fc
  .stringMatching(/^[A-Za-z0-9._-]{1,12}$/)
  .filter((text) => text !== '.' && text !== '..');
const path = fc.array(segment, { maxLength: 4 });

test('a base URL and a path become a DID whose document is below them', () => {
  fc.assert(
    fc.property(host, port, path, path, (name, number, basePath, below) => {
      const origin = `https://${name}${number === undefined ? '' : `:${number}`}`;
      const base = [origin, ...basePath].join('/');
      const did = didWebOf(base, below);
      const parsed = parseDidWeb(did);
      const folder = [...basePath, ...below];
      const expected = folder.length === 0 ? '.well-known' : folder.join('/');
      expect(parsed.ok && didWebUrl(parsed.value)).toBe(`${origin}/${expected}/did.json`);
      expect(parsed).toMatchObject({ value: { did, host: name, port: number, path: folder } });
    }),
    { numRuns },
  );
});

test('whatever is accepted names one URL, on its own host, without an escape', () => {
  const piece = fc.constantFrom(
    ...[
      'did:web:',
      'a.example',
      'b',
      ':',
      '%3A',
      '%3a',
      '8443',
      '443',
      '/',
      '.',
      '..',
      '%2F',
      '%2e',
      '@',
    ],
    ...['127.0.0.1', '[::1]', '0x7f', 'A', '_', '#', '?', '\n', 'é', '-', 'localhost'],
  );
  const text = fc.array(piece, { maxLength: 8 }).map((pieces) => `did:web:${pieces.join('')}`);
  fc.assert(
    fc.property(fc.oneof(text, fc.string()), (did) => {
      const parsed = parseDidWeb(did);
      if (!parsed.ok) return;
      const url = didWebUrl(parsed.value);
      expect(parsed.value.did).toBe(did);
      expect(new URL(url).href).toBe(url);
      expect(new URL(url).hostname).toBe(parsed.value.host);
      expect(url).not.toContain('%');
      const base = url.replace(/\/did\.json$/, '').replace(/\/\.well-known$/, '');
      if (!did.includes('.well-known')) expect(didWebOf(base)).toBe(did);
    }),
    { numRuns: numRuns * 5 },
  );
});
