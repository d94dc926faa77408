import { createVerifier } from '../../../src/verifier/create-verifier.ts';
import type { TrustPolicy } from '../../../src/verifier/ports.ts';
import {
  type AgentServer,
  type AgentServerOptions,
  type Answer,
  startAgentServer,
} from '../../support/agent-server.ts';
import type { PaperWorld, TestKey } from './paper-world.ts';
import { trustingFacets } from './tampering.ts';

/** node-oidc-provider, with the agents of a world in memory as its clients. */
export interface PaperServer extends Omit<AgentServer, 'postAs'> {
  /** Posts a form as this client, authenticated by the agent's key. */
  postAs(clientId: string, path: string, form: Record<string, string>): Promise<Answer>;
}

interface PaperServerOptions extends AgentServerOptions {
  readonly policy?: TrustPolicy;
  /** The agent's key; that of the world unless given. */
  readonly key?: () => TestKey;
}

/** Starts one under a policy in which facets count. */
export async function startPaperServer(
  world: PaperWorld,
  { policy = trustingFacets(world.policy), key, ...given }: PaperServerOptions = {},
): Promise<PaperServer> {
  const verifier = createVerifier(world.options(policy));
  const server = await startAgentServer(verifier, given);
  const postAs: PaperServer['postAs'] = (clientId, path, form) => {
    const { privateKey, thumbprint } = key?.() ?? world.agentKey;
    return server.postAs({ clientId, key: privateKey, kid: thumbprint }, path, form);
  };
  return { ...server, postAs };
}
