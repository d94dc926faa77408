import { expect, it } from 'vitest';
import { issuerDomainOf, originOf } from '../../src/organizations/organization.ts';

it.each([
  ['https://id.acme.com', 'https://id.acme.com', 'id.acme.com'],
  ['https://id.acme.com/o/payments', 'https://id.acme.com', 'id.acme.com'],
  ['https://id.acme.com:8443/o/payments', 'https://id.acme.com:8443', 'id.acme.com:8443'],
  ['http://localhost:8787', 'http://localhost:8787', 'localhost:8787'],
])('%s has the origin %s and the domain %s', (baseUrl, origin, domain) => {
  expect(originOf({ baseUrl })).toBe(origin);
  expect(issuerDomainOf({ baseUrl })).toBe(domain);
});
