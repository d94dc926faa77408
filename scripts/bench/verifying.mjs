import { importJWK, jwtVerify } from 'jose';
import { createVerifier } from '../../dist/verifier/index.js';
import { guardedFetch } from '../../dist/verifier/node/index.js';
import { compare, numbersFor, rateOver } from './measure.mjs';

/**
 * Verdicts a second on one agent: warm (one verifier, asked again and again), cold (a new verifier
 * each time) over stored octets and over HTTP on loopback; and bare signature checks of its passport.
 */
export async function measureVerifying({ registry, clientId, scale, say }) {
  const policy = trusting(registry.url);
  const network = guardedFetch({ allowLoopback: true });
  const documents = await recordDocuments({ clientId, policy, network });
  const replay = replayOf(documents);
  const warm = createVerifier({ fetch: replay, policy });
  const verifyPassport = await createBareVerify(registry.url, clientId);
  const sample = (run) => () => rateOver(run, { items: numbersFor(scale.sampleMs) });
  return compare(
    {
      'verifyClient, warm': sample(() => judge(warm, clientId)),
      'verifyClient, cold, stored octets': sample(() =>
        judge(createVerifier({ fetch: replay, policy }), clientId),
      ),
      'verifyClient, cold, HTTP on loopback': sample(() =>
        judge(createVerifier({ fetch: network, policy }), clientId),
      ),
      'bare jose verification': sample(verifyPassport),
    },
    { ...scale, say },
  );
}

function trusting(url) {
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

async function judge(verifier, clientId) {
  const { outcome, reason } = await verifier.verifyClient(clientId);
  if (outcome !== 'accepted') throw new Error(`The verdict was ${outcome}: ${reason}`);
}

/** What a verifier fetches for its first verdict, by URL. */
async function recordDocuments({ clientId, policy, network }) {
  const documents = new Map();
  const record = async (url, options) => {
    const outcome = await network(url, options);
    documents.set(url, outcome);
    return outcome;
  };
  const fetch = Object.assign(record, { allowLoopback: true });
  await judge(createVerifier({ fetch, policy }), clientId);
  return documents;
}

function replayOf(documents) {
  return Object.assign(async (url) => documents.get(url), { allowLoopback: true });
}

async function createBareVerify(url, clientId) {
  const { 'vc+jwt': passport } = await readJson(clientId);
  const { verificationMethod } = await readJson(`${url}/.well-known/did.json`);
  const key = await importJWK(verificationMethod[0].publicKeyJwk, 'ES256');
  return () => jwtVerify(passport, key);
}

async function readJson(url) {
  const response = await fetch(url);
  return response.json();
}
