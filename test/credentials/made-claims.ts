import type {
  AllowedActionsClaims,
  ComplianceClaims,
  ProvenanceClaims,
} from '../../src/protocol/facet.ts';
import type { JsonObject } from '../../src/protocol/strict-json.ts';

export const certified: ComplianceClaims = {
  attestations: [
    {
      framework: 'https://www.iso.org/standard/27001',
      edition: 'ISO/IEC 27001:2022',
      outcome: 'conformant',
      assessor: 'Example Assessors',
      validUntil: '2027-03-01T00:00:00Z',
    },
  ],
};

export const built: ProvenanceClaims = {
  software: {
    name: 'billing-bot',
    version: '3.2.1',
    repository: 'https://git.acme.com/billing-bot',
    commit: '0123456789abcdef0123456789abcdef01234567',
  },
  build: {
    builder: 'https://ci.acme.com/builder/v1',
    slsaLevel: 3,
    invocation: 'run-42',
  },
  artifacts: [{ name: 'billing-bot.tgz', digest: `sha256:${'ab'.repeat(32)}` }],
};

/** May read production logs and not personal data. */
export const readsLogs: AllowedActionsClaims = {
  actions: [{ action: 'read', resource: 'logs/production' }],
  denied: [{ action: 'read', resource: 'logs/pii' }],
  delegation: { permitted: false, maxDepth: 0 },
};

/** Claims as the caller of the API gives them. */
export function asJson(
  claims: ComplianceClaims | ProvenanceClaims | AllowedActionsClaims,
): JsonObject {
  return JSON.parse(JSON.stringify(claims));
}
