import type { TrustPolicy } from '../../../src/verifier/ports.ts';
import { type FacetChanges, issueActions, many, otherIssuer, statusOf } from './facet-world.ts';
import { createKey, type PaperWorld } from './paper-world.ts';
import { onlyTrust, trustingFacets } from './tampering.ts';

/** What is wrong with the one facet that an agent depends on, or with its listing. */
export interface FacetFlaw {
  readonly name: string;
  /** What the report says of it: a reason, or the name of a rule. */
  readonly says: string;
  readonly publish: (world: PaperWorld) => Promise<void> | void;
  readonly policy?: (policy: TrustPolicy) => TrustPolicy;
}

const published =
  (changes: FacetChanges) =>
  async (world: PaperWorld): Promise<void> =>
    world.publishFacets([{ jwt: await issueActions(world, {}, changes) }]);

/** Every way in which the only facet of an agent does not hold. */
export const facetFlaws: readonly FacetFlaw[] = [
  {
    name: 'revoked',
    says: 'status-revoked',
    publish: async (world) => {
      await world.publishList({ purpose: 'revocation', set: [world.facetIndex] });
      await published({})(world);
    },
  },
  {
    name: 'suspended',
    says: 'status-suspended',
    publish: async (world) => {
      await world.publishList({ purpose: 'suspension', set: [world.facetIndex] });
      await published({})(world);
    },
  },
  {
    name: 'of unknown status',
    says: 'status-unavailable',
    publish: async (world) => {
      const status = { ...statusOf(world), revocationList: `${world.origin}/status/9r` };
      await published({ status })(world);
    },
  },
  {
    name: 'expired',
    says: 'expired',
    publish: (world) => published({ validUntil: new Date(world.clock() - 60_000) })(world),
  },
  {
    name: 'not valid yet',
    says: 'not-yet-valid',
    publish: (world) => published({ validFrom: new Date(world.clock() + 120_000) })(world),
  },
  {
    name: 'about another client',
    says: 'subject-mismatch',
    publish: (world) => published({ clientId: `${world.origin}/a/other-bot/client.json` })(world),
  },
  {
    name: 'about another DID',
    says: 'subject-mismatch',
    publish: published({ did: 'did:web:id.acme.com:a:other-bot' }),
  },
  {
    name: 'by another issuer that is trusted for it',
    says: 'issuer-not-trusted',
    publish: async (world) => {
      const payload = world.facet({ claims: { actions: many }, issuer: otherIssuer });
      const header = { kid: `${otherIssuer}#k` };
      await world.publishFacets([{ jwt: await world.sign(payload, { header }) }]);
    },
    policy: (policy) => ({
      ...policy,
      trust: policy.trust.flatMap((entry) => [entry, { ...entry, issuer: otherIssuer }]),
    }),
  },
  {
    name: 'signed by somebody else',
    says: 'signature-invalid',
    publish: async (world) => {
      const header = { kid: world.kidOf(world.issuerKey) };
      const payload = world.facet({ claims: { actions: many } });
      const jwt = await world.sign(payload, { key: await createKey(), header });
      await world.publishFacets([{ jwt }]);
    },
  },
  {
    name: 'of a type that its issuer is not trusted for',
    says: 'issuer-not-trusted',
    publish: published({}),
    policy: onlyTrust({ credentialTypes: ['AgentAuthorizationCredential'] }),
  },
  {
    name: 'signed with an algorithm that its issuer is not trusted for',
    says: 'algorithm-not-allowed',
    publish: async (world) => {
      const key = await createKey('Ed25519');
      world.publishIssuer([world.issuerKey, key]);
      const jwt = await world.sign(world.facet({ claims: { actions: many } }), { key });
      await world.publishFacets([{ jwt }]);
    },
    policy: (policy) => onlyTrust({ algorithms: ['ES256'] })(trustingFacets(policy)),
  },
  {
    name: 'issued after the instant of distrust',
    says: 'issuer-not-trusted',
    publish: (world) => published({ validFrom: new Date(world.clock()) })(world),
    policy: (policy) =>
      onlyTrust({ distrustAfter: '2026-11-20T00:00:00Z' })(trustingFacets(policy)),
  },
  {
    name: 'no passport, but a passport listed for one',
    says: 'schema-invalid',
    publish: async (world) => world.publishFacets([{ jwt: await world.issue() }]),
  },
  {
    name: 'no credential at all',
    says: 'credential-malformed',
    publish: (world) => world.publishFacets([{ jwt: 'not.a.jws' }]),
  },
  {
    name: 'listed with another digest',
    says: 'facet-digest',
    publish: async (world) => {
      const sha256 = '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU';
      await world.publishFacets([{ jwt: await issueActions(world, {}), sha256 }]);
    },
  },
  {
    name: 'gone from its place',
    says: 'http-410',
    publish: async (world) => {
      await published({})(world);
      world.serve(`${world.facetListing}/crd_0`, { status: 410, body: '' });
    },
  },
  {
    name: 'too large',
    says: 'fetch-too-large',
    publish: (world) => world.publishFacets([{ jwt: 'x'.repeat(16_385) }]),
  },
  {
    name: 'listed outside of the listing’s folder',
    says: 'listing-url',
    publish: async (world) => {
      const url = `${world.origin}/a/other-bot/credentials/crd_0`;
      await world.publishFacets([{ jwt: await issueActions(world, {}), url }]);
    },
  },
  {
    name: 'listed on another host',
    says: 'listing-url',
    publish: async (world) => {
      const url = 'https://evil.com/a/billing-bot/credentials/crd_0';
      await world.publishFacets([{ jwt: await issueActions(world, {}), url }]);
    },
  },
  {
    name: 'in a listing that is no listing',
    says: 'listing-type',
    publish: (world) => world.serveJson(world.facetListing, { facets: [] }),
  },
  {
    name: 'in a listing that is served as text',
    says: 'content-type',
    publish: (world) => published({})(world).then(() => serveAs(world, 'text/plain')),
  },
  {
    name: 'in a listing that redirects',
    says: 'fetch-redirect',
    publish: (world) => world.serve(world.facetListing, { status: 302, body: '' }),
  },
  {
    name: 'in a listing that hangs up',
    says: 'fetch-failed',
    publish: (world) => world.serve(world.facetListing, 'hang-up'),
  },
  {
    name: 'in a listing that is too large',
    says: 'fetch-too-large',
    publish: (world) => world.serveJson(world.facetListing, [' '.repeat(32_768)]),
  },
];
function serveAs(world: PaperWorld, type: string): void {
  const answer = world.fetch.answers.get(world.facetListing);
  if (typeof answer !== 'object') throw new Error('a listing is served');
  world.serve(world.facetListing, { ...answer, headers: { 'content-type': type } });
}
