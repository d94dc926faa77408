import type { JudgeOutside, TrustedIssuer } from '../estate/imported-credential.ts';
import { createVerifier } from '../verifier/index.ts';
import type { Fetch, TrustPolicy, Verifier } from '../verifier/ports.ts';

/** The policy by which an organization hears outsiders: about its own agents, and nobody else's. */
function outsidePolicy(baseUrl: string, trusted: readonly TrustedIssuer[]): TrustPolicy {
  return {
    mode: 'enforce',
    trust: trusted.map(({ issuer, credentialTypes }) => ({
      issuer,
      clientIds: [`${baseUrl}/a/`],
      credentialTypes,
    })),
  };
}

/** Judges with one verifier for each organization, which keeps its caches from call to call. */
export function createOutsideJudge(fetch: Fetch): JudgeOutside {
  const verifiers = new Map<string, Verifier>();
  return async ({ organization, trusted, jwt }) => {
    const policy = outsidePolicy(organization.baseUrl, trusted);
    const verifier = verifiers.get(organization.id) ?? createVerifier({ fetch, policy });
    verifiers.set(organization.id, verifier);
    const taken = verifier.replacePolicy(policy);
    // What cannot be stated as a policy is no ground to trust anybody on.
    if (!taken.ok) return { state: 'undetermined', cause: 'policy-not-met' };
    const { outcome, reason } = await verifier.verifyCredential(jwt);
    return { state: outcome, cause: reason };
  };
}
