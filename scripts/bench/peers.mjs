// Peers that the project does not depend on: their trees are large, so that they have a folder and a
// lock file of their own, and are installed when the bench runs.
import { spawn } from 'node:child_process';
import { createPublicKey, verify } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const folder = join(import.meta.dirname, 'peers');
const installedMark = join(folder, 'node_modules/.package-lock.json');
const installDeadlineMs = 180_000;
const { resolve } = createRequire(join(folder, 'package.json'));

function isInstalled() {
  const lock = join(folder, 'package-lock.json');
  return existsSync(installedMark) && statSync(installedMark).mtimeMs >= statSync(lock).mtimeMs;
}

/**
 * Installs the peers where they are missing, running none of their install scripts.
 *
 * @param {(line: string) => void} say
 * @returns {Promise<string | undefined>} why they are still missing
 */
export async function installPeers(say) {
  if (isInstalled()) return undefined;
  say('installing peers into scripts/bench/peers');
  const npm = spawn('npm', ['ci', '--ignore-scripts', '--prefer-offline', '--fetch-retries=1'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    shell: process.platform === 'win32',
    timeout: installDeadlineMs,
  });
  let said = '';
  npm.stderr.on('data', (chunk) => {
    said += chunk;
  });
  try {
    const [code] = await once(npm, 'close');
    return code === 0 ? undefined : `could not be installed: ${reasonIn(said)}`;
  } catch (error) {
    return `could not be installed: ${error.message}`;
  }
}

function reasonIn(said) {
  const errors = said.match(/^npm error .*$/gm) ?? [];
  return errors.slice(0, 2).join('; ').replaceAll('npm error ', '') || 'npm did not end in time';
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
