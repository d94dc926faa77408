import type { Metrics } from '../metrics/metrics.ts';
import type { Organization } from '../organizations/organization.ts';
import { facetCredentialTypes } from '../protocol/facet.ts';
import { createVerifier } from '../verifier/index.ts';
import type { Fetch, TrustPolicy, Verifier } from '../verifier/ports.ts';
import { measureVerifier } from './measure-verifier.ts';

/** The policy by which an organization judges its own agents: its issuer, below its base URL. */
function ownPolicy(
  organization: Pick<Organization, 'did' | 'baseUrl'>,
  ownTypes: readonly string[],
): TrustPolicy {
  return {
    mode: 'enforce',
    trust: [
      {
        issuer: organization.did,
        clientIds: [`${organization.baseUrl}/a/`],
        credentialTypes: [
          'AgentAuthorizationCredential',
          ...Object.values(facetCredentialTypes),
          ...ownTypes,
        ],
      },
    ],
  };
}

/** Each keeps caches: this many are held at once. */
const mostVerifiers = 200;

/**
 * Gives each organization one verifier, which keeps its caches from call to call, until the
 * organization defines another credential type, or many others were made since.
 */
export function createOwnVerifiers(
  fetch: Fetch,
  metrics: Pick<Metrics, 'observeVerification'>,
): (organization: Organization, ownTypes: readonly string[]) => Verifier {
  const verifiers = new Map<string, { readonly types: string; readonly verifier: Verifier }>();
  return (organization, ownTypes) => {
    const types = ownTypes.join(' ');
    const held = verifiers.get(organization.id);
    if (held?.types === types) return held.verifier;
    const policy = ownPolicy(organization, ownTypes);
    const verifier = measureVerifier(createVerifier({ fetch, policy }), metrics);
    verifiers.delete(organization.id);
    verifiers.set(organization.id, { types, verifier });
    forgetOldest(verifiers);
    return verifier;
  };
}

function forgetOldest(verifiers: Map<string, unknown>): void {
  if (verifiers.size <= mostVerifiers) return;
  const [oldest] = verifiers.keys();
  if (oldest !== undefined) verifiers.delete(oldest);
}
