import type { Agent } from '../agents/agent.ts';
import type { AgentReader } from '../agents/agent-store.ts';
import type { Credential, CredentialId } from '../credentials/credential.ts';
import type { CredentialReader } from '../credentials/credential-store.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { Caller } from './registry.ts';

/** The caller's agent with this handle; another organization's agent is not found either. */
export async function findAgent(
  deps: { readonly agents: AgentReader },
  input: Caller & { readonly handle: string },
): Promise<Agent> {
  const agent = await deps.agents.findByHandle(input.organizationId, input.handle);
  if (agent !== null) return agent;
  throw new SealwrightError('agent-not-found', 'There is no agent with this handle.');
}

/** The caller's credential with this id; another organization's is not found either. */
export async function findCredential(
  deps: { readonly credentials: CredentialReader },
  input: Caller & { readonly id: CredentialId },
): Promise<Credential> {
  const credential = await deps.credentials.find(input.organizationId, input.id);
  if (credential !== null) return credential;
  throw new SealwrightError('credential-not-found', 'There is no credential with this id.');
}
