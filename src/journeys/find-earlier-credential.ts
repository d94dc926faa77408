import type { Credential, CredentialId } from '../credentials/credential.ts';
import type { CredentialReader } from '../credentials/credential-store.ts';
import { derivedId } from '../kernel/derived-id.ts';
import { newId } from '../kernel/new-id.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { Caller } from './registry.ts';

/** What a request to issue comes to: an id to issue under, or what an earlier attempt issued. */
export interface IssuePlace {
  readonly id: CredentialId;
  readonly earlier: Credential | null;
}

/**
 * Where a request to issue stands. One that is sent again finds the credential of its first attempt,
 * and gets another id only when that attempt was given up. Throws `idempotency-key-in-use` while
 * nobody knows yet whether it will be.
 */
export async function findEarlierCredential(
  deps: { readonly credentials: CredentialReader },
  { organizationId, requestId }: Caller,
  now: Date,
): Promise<IssuePlace> {
  if (requestId === undefined) return { id: newId('crd', now), earlier: null };
  for (let attempt = 0; ; attempt += 1) {
    const id = derivedId<CredentialId>('crd', requestId, attempt);
    const found = await deps.credentials.find(organizationId, id);
    if (found === null || found.sealing === 'sealed') return { id, earlier: found };
    if (found.sealing === 'intended') {
      throw new SealwrightError('idempotency-key-in-use', 'The credential is being issued.');
    }
  }
}
