import { CompactSign, exportJWK, generateKeyPair } from 'jose';
import {
  buildBitstringStatusList,
  buildClientMetadata,
  buildDidDocument,
  buildJwks,
  buildPassport,
  clientMetadataDigest,
  didWebOf,
  encodeBitstring,
  jwkThumbprint,
  minBitstringEntries,
  parsePublicJwk,
  serializeDocument,
  setBit,
  withCredential,
} from '../../dist/protocol/index.js';
import { permittedScopes } from './population.mjs';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Longer than the registry's, for a soak of days; within what a policy lets pass by default. */
const passportDays = 28;
const listValidityMs = 15 * 60_000;
const listTtlMs = 30_000;
const purposes = ['revocation', 'suspension'];

/**
 * An issuer as the registry is one: a did:web with one key, agents with metadata, keys and a
 * passport, and two status lists, all written by the product's own builders.
 */
export async function createIssuer(origin, clock) {
  const did = didWebOf(origin);
  const [key, stranger] = [await createKey(), await createKey()];
  const kid = `${did}#${key.thumbprint}`;
  const didDocument = buildDidDocument({
    did,
    keys: [{ kid, jwk: key.jwk, relationships: ['assertionMethod'] }],
  });
  const sign = (payload) => signCredential(payload, { kid, by: key });
  return {
    did,
    didDocument: serializeDocument(didDocument),
    writeAgent: (order) => writeAgent({ origin, did, kid, key, stranger, clock }, order),
    lists: createLists({ origin, did, clock, sign, signStrangely: strangely(stranger, kid) }),
  };
}

// What names the issuer's key and was made with another one.
function strangely(stranger, kid) {
  return (payload) => signCredential(payload, { kid, by: stranger });
}

async function createKey() {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const parsed = parsePublicJwk(await exportJWK(publicKey));
  if (!parsed.ok) throw new Error('A new key was not understood.');
  return { privateKey, jwk: parsed.value, thumbprint: await jwkThumbprint(parsed.value) };
}

function signCredential(payload, { kid, by }) {
  return new CompactSign(new TextEncoder().encode(JSON.stringify(payload)))
    .setProtectedHeader({ alg: 'ES256', typ: 'vc+jwt', cty: 'vc', kid })
    .sign(by.privateKey);
}

/**
 * An agent's documents by path, each with what a forger would serve in its place, and its facts.
 */
async function writeAgent(issuer, { handle, kind, index }) {
  const { origin, kid, key, stranger } = issuer;
  const base = `${origin}/a/${handle}`;
  const own = await createKey();
  const core = coreOf(base, handle);
  const claims = await claimsOf(issuer, { handle, kind, index, core, own });
  const signer =
    kind === 'key-unlisted'
      ? { kid: `${issuer.did}#${stranger.thumbprint}`, by: stranger }
      : { kid, by: key };
  const passport = await signCredential(buildPassport(claims), signer);
  const wider = { ...claims, authorizedScopes: [...permittedScopes, 'write:everything'] };
  const forged = await strangely(stranger, kid)(buildPassport(wider));
  const shown = kind === 'signature-changed' ? changeSignature(passport) : passport;
  const published = kind === 'keys-swapped' ? stranger : own;
  const jwks = buildJwks([{ kid: published.thumbprint, jwk: published.jwk }]);
  const served =
    kind === 'redirect-changed' ? { ...core, redirect_uris: [`${base}/elsewhere`] } : core;
  return {
    clientId: core.client_id,
    redirectUris: core.redirect_uris,
    client: {
      body: serializeDocument(withCredential(served, shown)),
      forged: serializeDocument(withCredential(served, forged)),
    },
    jwks: { body: serializeDocument(jwks) },
  };
}

function coreOf(base, handle) {
  return buildClientMetadata({
    clientId: `${base}/client.json`,
    clientName: handle,
    clientUri: base,
    applicationType: 'web',
    redirectUris: [`${base}/callback`],
    grantTypes: ['authorization_code', 'client_credentials'],
    signingAlg: 'ES256',
    jwksUri: `${base}/jwks.json`,
    contacts: ['agents@acme.example'],
  });
}

async function claimsOf(issuer, { handle, kind, index, core, own }) {
  const { origin, did, clock } = issuer;
  const named = kind === 'passport-of-another' ? `${handle}-other` : handle;
  const now = clock();
  return {
    origin,
    id: `urn:uuid:${crypto.randomUUID()}`,
    issuer: kind === 'issuer-untrusted' ? 'did:web:rogue.example' : did,
    clientId: `${origin}/a/${named}/client.json`,
    did: didWebOf(origin, ['a', named]),
    name: named,
    agentType: 'agent',
    issuerDomain: kind === 'issuer-untrusted' ? 'rogue.example' : new URL(origin).host,
    authorizedScopes: permittedScopes,
    delegation: { permitted: false, maxDepth: 0 },
    jwkThumbprints: [own.thumbprint],
    documentDigest: await clientMetadataDigest(core),
    validFrom: new Date(now - dayMs),
    validUntil: new Date(kind === 'passport-expired' ? now - hourMs : now + passportDays * dayMs),
    status: {
      revocationList: `${origin}${listPath('revocation')}`,
      suspensionList: `${origin}${listPath('suspension')}`,
      tokenList: `${origin}/token-status/1`,
      index,
    },
  };
}

function changeSignature(jwt) {
  const at = jwt.lastIndexOf('.') + 20;
  return `${jwt.slice(0, at)}${jwt[at] === 'A' ? 'B' : 'A'}${jwt.slice(at + 1)}`;
}

/** The path of the list of one purpose. */
export function listPath(purpose) {
  return purpose === 'revocation' ? '/status/1r' : '/status/1s';
}

/** Both lists of an issuer: every publication is newer than the one before, to the millisecond. */
function createLists({ origin, did, clock, sign, signStrangely }) {
  const bits = Object.fromEntries(
    purposes.map((purpose) => [purpose, new Uint8Array(minBitstringEntries / 8)]),
  );
  let lastMs = 0;

  function write(purpose, { encodedList, nowMs }) {
    return buildBitstringStatusList({
      url: `${origin}${listPath(purpose)}`,
      issuer: did,
      origin,
      purpose,
      encodedList,
      validFrom: new Date(nowMs),
      validUntil: new Date(nowMs + listValidityMs),
      ttlMs: listTtlMs,
    });
  }

  async function sealOne(purpose, nowMs) {
    const encodedList = await encodeBitstring(bits[purpose]);
    // What a forger would like to be believed: nobody is stopped.
    const clear = await encodeBitstring(new Uint8Array(minBitstringEntries / 8));
    return {
      path: listPath(purpose),
      body: Buffer.from(await sign(write(purpose, { encodedList, nowMs }))),
      forged: Buffer.from(await signStrangely(write(purpose, { encodedList: clear, nowMs }))),
    };
  }

  return {
    mark: (purpose, index, value) => setBit(bits[purpose], index, value),
    seal: () => {
      lastMs = Math.max(clock(), lastMs + 1);
      return Promise.all(purposes.map((purpose) => sealOne(purpose, lastMs)));
    },
  };
}
