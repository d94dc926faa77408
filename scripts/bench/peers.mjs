// Peers that the project does not depend on: their trees are large, so that they have a folder and a
// lock file of their own, and are installed when the bench runs.
import { createPublicKey, verify } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { installApart } from '../install-apart.mjs';

const folder = join(import.meta.dirname, 'peers');
const { resolve } = createRequire(join(folder, 'package.json'));

/**
 * Installs the peers where they are missing, running none of their install scripts.
 *
 * @param {(line: string) => void} say
 * @returns {Promise<string | undefined>} why they are still missing
 */
export function installPeers(say) {
  return installApart(folder, () => say('installing peers into scripts/bench/peers'));
}

/** By its name in a string: the project itself does not declare it. */
function load(name) {
  return import(pathToFileURL(resolve(name)).href);
}

/**
 * Credo with an agent that keeps nothing, and a key management on node:crypto, which it leaves to
 * its host.
 *
 * @param {{ document: { id: string } }} issuer
 * @returns {Promise<(jwt: string) => Promise<void>>} rejects what is not valid
 */
export async function createCredoVerify({ document }) {
  const credo = await load('@credo-ts/core');
  const { Agent, CacheModule, DidDocument, DidsModule, InjectionSymbols, Kms } = credo;
  const didDocument = credo.JsonTransformer.fromJSON(document, DidDocument);
  const resolver = {
    supportedMethods: ['web'],
    allowsCaching: false,
    allowsLocalDidRecord: false,
    resolve: async () => ({ didDocument, didDocumentMetadata: {}, didResolutionMetadata: {} }),
  };
  const keys = {
    backend: 'node',
    isOperationSupported: (_context, { operation }) => operation === 'verify',
    verify: async (_context, { key: { publicJwk }, data, signature }) => {
      const key = createPublicKey({ key: publicJwk, format: 'jwk' });
      const how = { key, dsaEncoding: 'ieee-p1363' };
      return { verified: verify('sha256', data, how, signature), publicJwk };
    },
  };
  const { w3cCredentials } = new Agent({
    config: {},
    dependencies: {
      FileSystem: class {},
      EventEmitterClass: EventEmitter,
      WebSocketClass: class {},
      fetch,
    },
    modules: {
      storage: { register: (all) => all.registerInstance(InjectionSymbols.StorageService, {}) },
      cache: new CacheModule({ cache: new credo.InMemoryLruCache({ limit: 500 }) }),
      dids: new DidsModule({ resolvers: [resolver] }),
      kms: new Kms.KeyManagementModule({ backends: [keys] }),
    },
  });
  return async (credential) => {
    const { isValid, error } = await w3cCredentials.verifyCredential({ credential });
    if (!isValid) throw new Error(`Credo: ${error?.message}`);
  };
}

/**
 * As its documentation has it: the credential is parsed, which verifies it, and verified once more.
 *
 * @param {{ document: { id: string } }} issuer
 * @returns {Promise<(jwt: string) => Promise<void>>} rejects what is not valid
 */
export async function createAckVerify({ document }) {
  const { getDidResolver, parseJwtCredential, verifyParsedCredential } =
    await load('agentcommercekit');
  const resolver = getDidResolver();
  resolver.addToCache(document.id, document);
  return async (jwt) => {
    const credential = await parseJwtCredential(jwt, resolver);
    await verifyParsedCredential(credential, { resolver, trustedIssuers: [document.id] });
  };
}
