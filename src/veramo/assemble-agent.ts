import { createAgent } from '@veramo/core';
import type {
  ICredentialIssuer,
  IDIDManager,
  IKeyManager,
  IResolver,
  TAgent,
} from '@veramo/core-types';
import { CredentialPlugin } from '@veramo/credential-w3c';
import { type AbstractDIDStore, DIDManager } from '@veramo/did-manager';
import { WebDIDProvider } from '@veramo/did-provider-web';
import { DIDResolverPlugin } from '@veramo/did-resolver';
import { type AbstractKeyStore, KeyManager } from '@veramo/key-manager';
import { getResolver } from 'web-did-resolver';
import type { KeySeal } from '../keys/key-seal.ts';
import { HeldElsewhereKms } from './held-elsewhere-kms.ts';
import type { KeyRing } from './key-ring.ts';
import { heldElsewhereKmsName, sealedKmsName } from './managed-key.ts';
import { SealedKms } from './sealed-kms.ts';
import { VcJwtProvider } from './vc-jwt-provider.ts';

/** The part of Veramo that an agent of ours offers. */
export type VeramoMethods = Pick<IKeyManager, 'keyManagerCreate' | 'keyManagerSign'> &
  Pick<IDIDManager, 'didManagerCreate' | 'didManagerGet'> &
  Pick<IResolver, 'resolveDid'> &
  Pick<ICredentialIssuer, 'createVerifiableCredential'>;

/** A Veramo agent with these methods and no others. */
export type VeramoAgent = TAgent<VeramoMethods>;

// Importing keys is left out because Veramo prints the arguments of its methods when debugging is
// on. Verifying is left out because the verifier alone decides whether a credential is good.
const authorizedMethods: readonly string[] = [
  'keyManagerCreate',
  'keyManagerGet',
  'keyManagerSign',
  'didManagerCreate',
  'didManagerGet',
  'resolveDid',
  'createVerifiableCredential',
] satisfies readonly (keyof VeramoMethods | 'keyManagerGet')[];

/** What an agent is assembled around. */
export interface AgentParts {
  readonly seal: KeySeal;
  readonly ring: KeyRing;
  readonly keyStore: AbstractKeyStore;
  readonly didStore: AbstractDIDStore;
}

/**
 * Assembles a Veramo agent around the given keys and stores. It costs a tenth of a millisecond, so
 * that every unit of work that makes an identity can have its own.
 */
export function assembleAgent({ seal, ring, keyStore, didStore }: AgentParts): VeramoAgent {
  return createAgent<VeramoMethods>({
    authorizedMethods: [...authorizedMethods],
    plugins: [
      new KeyManager({
        store: keyStore,
        kms: {
          [sealedKmsName]: new SealedKms(seal, ring),
          [heldElsewhereKmsName]: new HeldElsewhereKms(ring),
        },
      }),
      new DIDManager({
        store: didStore,
        defaultProvider: 'did:web',
        providers: { 'did:web': new WebDIDProvider({ defaultKms: sealedKmsName }) },
      }),
      new DIDResolverPlugin(getResolver()),
      new CredentialPlugin([new VcJwtProvider(ring)]),
    ],
  });
}
