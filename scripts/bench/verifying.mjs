import { importJWK, jwtVerify } from 'jose';
import { createVerifier } from '../../dist/verifier/index.js';
import { guardedFetch } from '../../dist/verifier/node/index.js';
import { compare, numbersFor, rateOver } from './measure.mjs';
import { createPeers } from './peers.mjs';
import { readJson, recordDocuments, replayOf, requireAccepted, trusting } from './recording.mjs';
import { createVeramoVerify } from './stock-veramo.mjs';
import { issueVcJwt } from './vc-jwt.mjs';

/**
 * Verdicts a second on one agent: warm (one verifier, asked again and again), cold (a new verifier
 * each time) over stored octets and over HTTP on loopback; bare signature checks of its passport,
 * the key imported before; and verifications by peers of what they can read, a VC-JWT of VCDM 1.1
 * with the claims of that passport. Peers have the issuer's DID document at hand, check no status
 * and no metadata document, and use no network.
 */
export async function measureVerifying({ registry, clientId, scale, say }) {
  const policy = trusting(registry.url);
  const network = guardedFetch({ allowLoopback: true });
  const replay = replayOf(await recordDocuments({ clientId, policy, network }));
  const warm = createVerifier({ fetch: replay, policy });
  const { 'vc+jwt': passport } = await readJson(clientId);
  const verifyPassport = await createBareVerify(registry.url, passport);
  const { jwt, forged, document } = await issueVcJwt(claimsOf(passport));
  const sample = (run) => () => rateOver(run, { items: numbersFor(scale.sampleMs) });
  const peers = {
    'stock Veramo, verifyCredential': { verify: createVeramoVerify({ document }) },
    ...(await createPeers({ document }, { wanted: scale.peers, say })),
  };
  const contenders = {
    'verifyClient, warm': sample(() => requireAccepted(warm, clientId)),
    'verifyClient, cold, stored octets': sample(() =>
      requireAccepted(createVerifier({ fetch: replay, policy }), clientId),
    ),
    'verifyClient, cold, HTTP on loopback': sample(() =>
      requireAccepted(createVerifier({ fetch: network, policy }), clientId),
    ),
    'bare jose verification': sample(verifyPassport),
  };
  const missing = {};
  for (const [name, { verify, notAvailable }] of Object.entries(peers)) {
    if (verify === undefined) {
      missing[name] = { notAvailable };
    } else {
      await requireVerifying(name, verify, forged);
      contenders[name] = sample(() => verify(jwt));
    }
  }
  return { ...(await compare(contenders, { ...scale, say })), ...missing };
}

function claimsOf(passport) {
  const [, payload] = passport.split('.');
  return JSON.parse(Buffer.from(payload, 'base64url')).credentialSubject;
}

/** A peer that takes everything would be fast, and no peer. */
async function requireVerifying(name, verify, forged) {
  const refused = await verify(forged).then(
    () => false,
    () => true,
  );
  if (!refused) throw new Error(`${name}: a forged credential was accepted.`);
}

async function createBareVerify(url, passport) {
  const { verificationMethod } = await readJson(`${url}/.well-known/did.json`);
  const key = await importJWK(verificationMethod[0].publicKeyJwk, 'ES256');
  return () => jwtVerify(passport, key);
}
