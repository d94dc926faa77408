import { describe, expect, it } from 'vitest';
import {
  draftFacet,
  draftFacetListing,
  facetUrl,
  type SealedRecord,
} from '../../src/credentials/publish-credential.ts';

const url = 'https://id.acme.com/a/billing-bot/credentials/crd_1';
const facet = {
  id: 'crd_1',
  type: 'compliance',
  jwt: 'abc',
  validUntil: new Date('2027-02-18T12:00:00Z'),
} as SealedRecord;

function textOf(body: Uint8Array): string {
  return new TextDecoder().decode(body);
}

it('has an address below its agent', () => {
  const organization = { baseUrl: 'https://id.acme.com/o/pay' };
  expect(facetUrl(organization, 'billing-bot', 'crd_1')).toBe(
    'https://id.acme.com/o/pay/a/billing-bot/credentials/crd_1',
  );
});

it('is served as its compact JWS, which never changes', () => {
  const { body, ...draft } = draftFacet(url, facet);
  expect(textOf(body)).toBe('abc');
  expect(draft).toStrictEqual({
    path: '//id.acme.com/a/billing-bot/credentials/crd_1',
    mediaType: 'application/vc+jwt',
    cacheControl: 'public, max-age=31536000, immutable',
    expiresAt: null,
    link: null,
    keepsVersions: true,
  });
});

describe('the listing of an agent', () => {
  const listingUrl = 'https://id.acme.com/a/billing-bot/credentials';

  it('names each facet with the sha-256 of its octets', () => {
    const draft = draftFacetListing(listingUrl, [{ url, facet }]);
    expect(draft).toMatchObject({
      path: '//id.acme.com/a/billing-bot/credentials',
      mediaType: 'application/json',
      cacheControl: 'public, max-age=300',
    });
    expect(JSON.parse(textOf(draft.body))).toStrictEqual([
      {
        type: 'compliance',
        url,
        sha256: 'ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0',
        validUntil: '2027-02-18T12:00:00Z',
      },
    ]);
  });

  it('of an agent without public facets is empty', () => {
    expect(textOf(draftFacetListing(listingUrl, []).body)).toBe('[]');
  });
});
