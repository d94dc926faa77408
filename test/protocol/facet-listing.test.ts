import { describe, expect, it, test } from 'vitest';
import {
  facetHolder,
  facetListingUrl,
  parseFacetListing,
} from '../../src/protocol/facet-listing.ts';
import type { JsonValue } from '../../src/protocol/strict-json.ts';
import { rulesOf, taken } from './rules.ts';

const url = 'https://id.acme.com/a/billing-bot/credentials';
const entry = {
  type: 'allowed-actions',
  url: `${url}/crd_1`,
  sha256: '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
  validUntil: '2027-02-18T12:00:00Z',
};

describe('facetListingUrl', () => {
  it('lies beside the client metadata document', () => {
    expect(facetListingUrl('https://id.acme.com/a/billing-bot/client.json')).toBe(url);
  });

  it.each([
    'https://id.acme.com/a/billing-bot',
    'https://id.acme.com/a/billing-bot/client.json/',
    'https://id.acme.com/a/billing-bot/my-client.json',
    'https://id.acme.com/a/billing-bot/client.JSON',
    '',
  ])('is unknown for %j', (clientId) => {
    expect(facetListingUrl(clientId)).toBeUndefined();
  });
});

describe('facetHolder', () => {
  it.each([
    [
      'https://id.acme.com/a/billing-bot/strict/client.json',
      'https://id.acme.com/a/billing-bot/client.json',
    ],
    [
      'https://id.acme.com/o/pay/a/bot/strict/client.json',
      'https://id.acme.com/o/pay/a/bot/client.json',
    ],
    // An agent whose handle is `strict`, also in an organization named `a`.
    ['https://id.acme.com/a/strict/client.json', 'https://id.acme.com/a/strict/client.json'],
    [
      'https://id.acme.com/o/a/a/strict/client.json',
      'https://id.acme.com/o/a/a/strict/client.json',
    ],
    ['https://id.acme.com/a/strict/strict/client.json', 'https://id.acme.com/a/strict/client.json'],
    [
      'https://id.acme.com/b/bot/strict/client.json',
      'https://id.acme.com/b/bot/strict/client.json',
    ],
    [
      'https://id.acme.com/a/bot/strict/client.jsonx',
      'https://id.acme.com/a/bot/strict/client.jsonx',
    ],
  ])('of %s is %s', (clientId, holder) => {
    expect(facetHolder(clientId)).toBe(holder);
  });

  it('has the facets of a strict document listed beside the agent’s own', () => {
    expect(facetListingUrl('https://id.acme.com/a/billing-bot/strict/client.json')).toBe(url);
  });
});

describe('parseFacetListing', () => {
  const parse = (json: JsonValue, options = {}) => parseFacetListing(json, { ...options, url });

  it('reads the entries in their order, whatever else they have', () => {
    const other = { ...entry, type: 'AcmeClearance', url: `${url}/x/y`, issuedBy: 'acme' };
    expect(taken(parse([entry, other]))).toEqual([entry, other]);
    expect(taken(parse([]))).toEqual([]);
  });

  it('reads 64 entries', () => {
    expect(rulesOf(parse(Array.from({ length: 64 }, () => entry)))).toBe('ok');
  });

  test.each<[JsonValue, string]>([
    [null, 'listing-type'],
    [{}, 'listing-type'],
    [{ 0: entry, length: 1 }, 'listing-type'],
    ['[]', 'listing-type'],
    [[null], '/0 subject-type'],
    [[[entry]], '/0 subject-type'],
    [[{}], '/0/type subject-type'],
    [[{ ...entry, type: '' }], '/0/type subject-format'],
    [[{ ...entry, type: 'x'.repeat(101) }], '/0/type subject-length'],
    [[{ ...entry, sha256: entry.sha256.slice(1) }], '/0/sha256 subject-format'],
    [[{ ...entry, sha256: `${entry.sha256}=` }], '/0/sha256 subject-length'],
    [[{ ...entry, sha256: null }], '/0/sha256 subject-type'],
    [[{ ...entry, validUntil: 'soon' }], '/0/validUntil subject-format'],
    [[{ ...entry, url: 7 }], '/0/url subject-type'],
    [[entry, { ...entry, url: `${url}` }], '/1/url listing-url'],
    [Array.from({ length: 65 }, () => entry), 'listing-length'],
  ])('refuses %j', (json, rule) => {
    const rules = rulesOf(parse(json));
    expect(Array.isArray(rules) ? rules[0] : rules).toBe(rule);
  });

  it.each([
    'https://evil.com/a/billing-bot/credentials/crd_1',
    'https://id.acme.com/a/other-bot/credentials/crd_1',
    'https://id.acme.com/a/billing-bot/credentialsx/crd_1',
    'https://id.acme.com/a/billing-bot/credentials',
    'https://id.acme.com/a/billing-bot/credentials/',
    'https://id.acme.com/a/billing-bot/credentials/../../../admin',
    'https://id.acme.com/a/billing-bot/credentials/%2e%2e/x',
    'https://id.acme.com/a/billing-bot/credentials/a//b',
    'https://id.acme.com/a/billing-bot/credentials/a?b',
    'https://id.acme.com/a/billing-bot/credentials/a#b',
    'https://id.acme.com/a/billing-bot/credentials/a\\..\\b',
    'https://id.acme.com@evil.com/a/billing-bot/credentials/x',
    'http://id.acme.com/a/billing-bot/credentials/x',
    '/a/billing-bot/credentials/x',
  ])('refuses it all for an entry that leads to %s', (address) => {
    const rules = rulesOf(parse([entry, { ...entry, url: address }]));
    const expected = address.endsWith('credentials/') ? 'ok' : ['/1/url listing-url'];
    expect(rules).toEqual(expected);
  });

  it('reads http of this machine when that is allowed', () => {
    const local = 'http://localhost:8787/a/b/credentials';
    const listing = [{ ...entry, url: `${local}/crd_1` }];
    const parsed = (allowLoopback: boolean) =>
      rulesOf(parseFacetListing(listing, { url: local, allowLoopback }));
    expect([parsed(true), parsed(false)]).toEqual(['ok', ['/0/url listing-url']]);
  });
});
