// Peer for issuing and verifying: Veramo as its documentation assembles it, with its own parts.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createAgent } from '@veramo/core';
import { CredentialProviderJWT } from '@veramo/credential-jwt';
import { CredentialPlugin } from '@veramo/credential-w3c';
import {
  DataStore,
  DIDStore,
  Entities,
  KeyStore,
  migrations,
  PrivateKeyStore,
} from '@veramo/data-store';
import { DIDManager, MemoryDIDStore } from '@veramo/did-manager';
import { WebDIDProvider } from '@veramo/did-provider-web';
import { DIDResolverPlugin } from '@veramo/did-resolver';
import { KeyManager, MemoryKeyStore, MemoryPrivateKeyStore } from '@veramo/key-manager';
import { KeyManagementSystem, SecretBox } from '@veramo/kms-local';
import libsql from 'libsql';

// The entities belong to the TypeORM that the data store itself loads, wherever npm placed it.
const { DataSource } = createRequire(import.meta.resolve('@veramo/data-store'))('typeorm');

/**
 * Keys and DIDs in memory; the key is on P-256.
 *
 * @returns {Promise<{ sign(subject: object): Promise<object> }>} makes a `jwt` credential
 */
export async function createMemoryVeramo() {
  const agent = assemble({
    keys: new MemoryKeyStore(),
    privateKeys: new MemoryPrivateKeyStore(),
    dids: new MemoryDIDStore(),
  });
  return { sign: await createSign(agent) };
}

/**
 * Verifies `jwt` credentials of one issuer, whose DID document is at hand.
 *
 * @param {{ document: { id: string } }} issuer
 * @returns {(jwt: string) => Promise<void>} rejects what is not valid
 */
export function createVeramoVerify({ document }) {
  const agent = createAgent({
    plugins: [
      new DIDResolverPlugin({
        web: async () => ({
          didDocument: document,
          didDocumentMetadata: {},
          didResolutionMetadata: { contentType: 'application/did+json' },
        }),
      }),
      new CredentialPlugin([new CredentialProviderJWT()]),
    ],
  });
  return async (credential) => {
    const { verified, error } = await agent.verifyCredential({ credential });
    if (!verified) throw new Error(`Veramo: ${error?.message}`);
  };
}

/**
 * Keys, DIDs and credentials in a SQLite file; private keys sealed by Veramo's SecretBox. SQLite has
 * its own defaults: rollback journal, synchronous FULL.
 *
 * @param {string} folder
 * @returns {Promise<{ issue(subject: object): Promise<string>, close(): Promise<void> }>}
 */
export async function createSqliteVeramo(folder) {
  const store = await new DataSource({
    type: 'better-sqlite3',
    // Its interface without its install script.
    driver: libsql,
    database: join(folder, 'veramo.sqlite'),
    entities: Entities,
    migrations,
    migrationsRun: true,
  }).initialize();
  const agent = assemble({
    keys: new KeyStore(store),
    privateKeys: new PrivateKeyStore(store, new SecretBox(await SecretBox.createSecretKey())),
    dids: new DIDStore(store),
    plugins: [new DataStore(store)],
  });
  const sign = await createSign(agent);
  return {
    issue: async (subject) =>
      agent.dataStoreSaveVerifiableCredential({ verifiableCredential: await sign(subject) }),
    close: () => store.destroy(),
  };
}

function assemble({ keys, privateKeys, dids, plugins = [] }) {
  return createAgent({
    plugins: [
      new KeyManager({ store: keys, kms: { local: new KeyManagementSystem(privateKeys) } }),
      new DIDManager({
        store: dids,
        defaultProvider: 'did:web',
        providers: { 'did:web': new WebDIDProvider({ defaultKms: 'local' }) },
      }),
      new CredentialPlugin([new CredentialProviderJWT()]),
      ...plugins,
    ],
  });
}

async function createSign(agent) {
  const { did } = await agent.didManagerCreate({
    alias: 'issuer.example',
    options: { keyType: 'Secp256r1' },
  });
  return (credentialSubject) =>
    agent.createVerifiableCredential({
      proofFormat: 'jwt',
      credential: { issuer: { id: did }, credentialSubject },
    });
}
