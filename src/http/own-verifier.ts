import type { Organization } from '../organizations/organization.ts';
import { facetCredentialTypes } from '../protocol/facet.ts';
import { createVerifier } from '../verifier/index.ts';
import type { Fetch, TrustPolicy, Verifier } from '../verifier/ports.ts';

/** The policy by which an organization judges its own agents: its issuer, below its base URL. */
function ownPolicy(organization: Pick<Organization, 'did' | 'baseUrl'>): TrustPolicy {
  return {
    mode: 'enforce',
    trust: [
      {
        issuer: organization.did,
        clientIds: [`${organization.baseUrl}/a/`],
        credentialTypes: ['AgentAuthorizationCredential', ...Object.values(facetCredentialTypes)],
      },
    ],
  };
}

/** Gives each organization one verifier, which keeps its caches from call to call. */
export function createOwnVerifiers(fetch: Fetch): (organization: Organization) => Verifier {
  const verifiers = new Map<string, Verifier>();
  return (organization) => {
    const held = verifiers.get(organization.id);
    if (held !== undefined) return held;
    const verifier = createVerifier({ fetch, policy: ownPolicy(organization) });
    verifiers.set(organization.id, verifier);
    return verifier;
  };
}
