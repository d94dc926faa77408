import { createMemoryApprovals, recordDecision } from '../../../src/verifier/index.ts';
import {
  changeSubject,
  onlyTrust,
  rejected,
  requiring,
  type Tampering,
  unknown,
} from './tampering.ts';

const bySyntax: readonly Tampering[] = [
  rejected('client-id.syntax', 'a dot segment', 'url-invalid', {
    clientId: 'https://id.acme.com/a/../a/billing-bot/client.json',
    asked: 0,
  }),
  rejected('client-id.syntax', 'plain http', 'url-invalid', {
    clientId: 'http://id.acme.com/a/billing-bot/client.json',
    asked: 0,
  }),
  rejected('client-id.syntax', 'an address literal', 'url-invalid', {
    clientId: 'https://127.0.0.1/a/client.json',
    asked: 0,
  }),
];

const byTrust: readonly Tampering[] = [
  rejected('client-id.trust', 'a URL nobody vouches for', 'issuer-not-trusted', {
    clientId: 'https://evil.com/a/bot/client.json',
    asked: 0,
  }),
  rejected('client-id.trust', 'a prefix that ends inside a segment', 'issuer-not-trusted', {
    clientId: 'https://id.acme.com/abc/client.json',
    asked: 0,
  }),
  rejected('issuer.trust', 'E-14 an issuer that is not in the policy', 'issuer-not-trusted', {
    policy: (policy) => ({
      ...policy,
      trust: [
        {
          issuer: 'did:web:id.acme.com:other',
          clientIds: ['https://id.acme.com/a/'],
          credentialTypes: ['AgentAuthorizationCredential'],
        },
      ],
    }),
    asked: 1,
  }),
  rejected('issuer.trust', 'an issuer that vouches for other clients', 'issuer-not-trusted', {
    policy: (policy) => ({
      ...policy,
      trust: [
        ...onlyTrust({ clientIds: ['https://id.acme.com/b/'] })(policy).trust,
        {
          issuer: 'did:web:other.com',
          clientIds: ['https://id.acme.com/a/'],
          credentialTypes: ['AgentAuthorizationCredential'],
        },
      ],
    }),
    asked: 1,
  }),
  rejected('issuer.trust', 'an issuer trusted for another type', 'issuer-not-trusted', {
    policy: onlyTrust({ credentialTypes: ['AgentComplianceCredential'] }),
    asked: 1,
  }),
  rejected('issuer.trust', 'an issuer distrusted since', 'issuer-not-trusted', {
    policy: onlyTrust({ distrustAfter: '2026-11-01T00:00:00Z' }),
    asked: 1,
  }),
];

const byPolicy: readonly Tampering[] = [
  rejected('policy.attestations', 'a standard not attested', 'policy-not-met', {
    policy: (policy) => ({ ...policy, require: { complianceAttestations: ['SOC 2'] } }),
  }),
  rejected('policy.attestations', 'an attestation that ran out', 'policy-not-met', {
    policy: (policy) => ({
      ...policy,
      require: { complianceAttestations: ['ISO/IEC 27001:2022'] },
    }),
    tamper: async (world) => {
      const complianceAttestations = [
        { standard: 'ISO/IEC 27001:2022', validUntil: '2026-11-20T11:59:59Z' },
      ];
      await world.publish({
        jwt: await world.issue({ complianceAttestations }),
      });
    },
  }),
  rejected('policy.scopes', 'a scope that every client must have', 'policy-not-met', {
    policy: (policy) => ({ ...policy, require: { authorizedScopes: ['audit:self'] } }),
  }),
  unknown('policy.scopes', 'a scope of facets that cannot be read', 'fetch-failed', {
    policy: requiring({ authorizedScopes: ['audit:self'] }),
    tamper: async (world) => {
      await world.publish({ jwt: await world.issue({ authorizedScopes: undefined }) });
      world.serve(world.facetListing, 'hang-up');
    },
  }),
  rejected('policy.credentials', 'a type that nobody published', 'policy-not-met', {
    policy: requiring({ credentialTypes: ['AgentComplianceCredential'] }),
  }),
  rejected('policy.credentials', 'a facet of another type', 'policy-not-met', {
    policy: requiring({ credentialTypes: ['AgentComplianceCredential'] }),
    tamper: async (world) => {
      await world.publishFacets([{ jwt: await world.issueFacet(), type: 'compliance' }]);
    },
  }),
  unknown('policy.credentials', 'a listing out of reach', 'fetch-failed', {
    policy: requiring({ credentialTypes: ['AgentComplianceCredential'] }),
    tamper: (world) => world.serve(world.facetListing, { status: 503, body: '' }),
  }),
  rejected('policy.claims', 'a level below the one required', 'policy-not-met', {
    policy: requiring({ claims: [{ claim: '/provenance/slsaLevel', atLeast: 3 }] }),
    tamper: changeSubject({ provenance: { slsaLevel: 2 } }),
  }),
  rejected('policy.claims', 'a claim that is not made', 'policy-not-met', {
    policy: requiring({ claims: [{ claim: '/agentVersion', oneOf: ['3.2.1'] }] }),
  }),
  rejected('policy.approval', 'a client that nobody allowed', 'policy-not-met', {
    policy: (policy) => ({ ...policy, approval: 'required' }),
    tamper: (world) => {
      world.approvals = createMemoryApprovals();
    },
  }),
  rejected('policy.approval', 'an issuer that is blocked', 'client-blocked', {
    tamper: async (world) => {
      const by = { by: 'ops', reason: 'INC-1', at: '2026-11-20T12:00:00Z' };
      world.approvals = createMemoryApprovals();
      await recordDecision(world.approvals, { name: world.issuer, state: 'blocked', ...by });
    },
  }),
  unknown('policy.approval', 'approvals out of reach', 'policy-not-met', {
    tamper: (world) => {
      const find = () => Promise.reject(new Error('out of reach'));
      world.approvals = { ...createMemoryApprovals(), find };
    },
  }),
];

/** What a policy or a client_id alone decides. */
export const requestTamperings: readonly Tampering[] = [...bySyntax, ...byTrust, ...byPolicy];
