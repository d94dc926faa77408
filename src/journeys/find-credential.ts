import type { Credential, CredentialId } from '../credentials/credential.ts';
import type { CredentialReader } from '../credentials/credential-store.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { Caller } from './registry.ts';

/** The caller's credential with this id; another organization's is not found either. */
export async function findCredential(
  deps: { readonly credentials: CredentialReader },
  input: Caller & { readonly id: CredentialId },
): Promise<Credential> {
  const credential = await deps.credentials.find(input.organizationId, input.id);
  if (credential !== null) return credential;
  throw new SealwrightError('credential-not-found', 'There is no credential with this id.');
}
