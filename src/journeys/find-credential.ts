import type { AgentReader } from '../agents/agent-store.ts';
import type { Credential, CredentialId } from '../credentials/credential.ts';
import type { CredentialReader } from '../credentials/credential-store.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import { reaches } from '../organizations/api-token.ts';
import type { Caller } from './registry.ts';

/** The caller's credential with this id; one that the caller does not reach is not found either. */
export async function findCredential(
  deps: { readonly credentials: CredentialReader; readonly agents: AgentReader },
  input: Caller & { readonly id: CredentialId },
): Promise<Credential> {
  const credential = await deps.credentials.find(input.organizationId, input.id);
  if (credential !== null && (await isReached(deps, input, credential))) return credential;
  throw new SealwrightError('credential-not-found', 'There is no credential with this id.');
}

async function isReached(
  deps: { readonly agents: AgentReader },
  { reach }: Caller,
  { agentId }: Credential,
): Promise<boolean> {
  if (reach === undefined) return true;
  const [agent] = await deps.agents.findMany([agentId]);
  return agent !== undefined && reaches(reach, agent);
}
