import { createVerifier } from '../../dist/verifier/index.js';

/** A policy that trusts the registry at this URL for its own agents. */
export function trusting(url) {
  return {
    mode: 'enforce',
    trust: [
      {
        issuer: `did:web:${new URL(url).host.replace(':', '%3A')}`,
        clientIds: [`${url}/a/`],
        credentialTypes: ['AgentAuthorizationCredential'],
      },
    ],
  };
}

/**
 * What a verifier fetches for its first verdict.
 *
 * @returns {Promise<{ outcomes: Map<string, object>, lent: object }>} outcomes by URL, and what the
 *   network lends
 */
export async function recordDocuments({ clientId, policy, network }) {
  const outcomes = new Map();
  const record = async (url, options) => {
    const outcome = await network(url, options);
    outcomes.set(url, outcome);
    return outcome;
  };
  const { inflate, sha256 } = network;
  const lent = { inflate, sha256 };
  const fetch = Object.assign(record, { allowLoopback: true, ...lent });
  await requireAccepted(createVerifier({ fetch, policy }), clientId);
  return { outcomes, lent };
}

/** A fetch that gives what was recorded, and lends what the network lent. */
export function replayOf({ outcomes, lent }) {
  return Object.assign(async (url) => outcomes.get(url), { allowLoopback: true, ...lent });
}

/** One verdict, which has to be `accepted`. */
export async function requireAccepted(verifier, clientId) {
  const { outcome, reason } = await verifier.verifyClient(clientId);
  if (outcome !== 'accepted') throw new Error(`The verdict was ${outcome}: ${reason}`);
}

/** The JSON at a URL of this machine. */
export async function readJson(url) {
  const response = await fetch(url);
  return response.json();
}
