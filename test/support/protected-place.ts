import { AgentClient, type TokenAnswer } from '../../src/demo/agent-client.ts';
import { startAuthorizationServer } from '../../src/demo/authorization-server.ts';
import { Disposals } from '../../src/demo/disposals.ts';
import { logServerScopes, startLogServer } from '../../src/demo/mcp-server.ts';
import type { AgentUse } from '../../src/verifier/adapters/oidc-provider.ts';
import { createVerifier } from '../../src/verifier/index.ts';
import { guardedFetch } from '../../src/verifier/node/index.ts';
import type { Verifier } from '../../src/verifier/ports.ts';
import type { Verdict } from '../../src/verifier/verdict.ts';
import {
  type AgentWorld,
  startAgentWorld,
  testCertificates,
  type WorldAgent,
} from './agent-world.ts';

export type Flow = 'client credentials' | 'authorization code';

/** A world of agents, and an authorization server and an MCP server that trust its issuer. */
export interface ProtectedPlace extends AsyncDisposable {
  readonly world: AgentWorld;
  readonly issuer: string;
  readonly resource: string;
  /** What the operator of the authorization server was told, oldest first. */
  readonly verdicts: readonly { readonly verdict: Verdict; readonly use: AgentUse }[];
  readonly authorizationVerifier: Verifier;
  readonly logVerifier: Verifier;
  clientOf(agent: WorldAgent, flow: Flow): AgentClient;
  /** Tells both verifiers that the world has changed. */
  spread(...agents: readonly WorldAgent[]): void;
}

/** Starts all three over https on loopback. */
export async function startProtectedPlace(
  options: { readonly checksPapers?: boolean } = {},
): Promise<ProtectedPlace> {
  const disposals = new Disposals();
  const certificates = testCertificates();
  const world = disposals.use(await startAgentWorld());
  const createTrusting = (): Verifier =>
    createVerifier({
      fetch: guardedFetch({ allowLoopback: true }),
      policy: { mode: 'enforce', trust: [world.trust] },
    });
  const authorizationVerifier = createTrusting();
  const logVerifier = createTrusting();
  const verdicts: { verdict: Verdict; use: AgentUse }[] = [];
  const resources = new Map<string, readonly string[]>();
  const { issuer } = disposals.use(
    await startAuthorizationServer({
      certificates,
      verifier: authorizationVerifier,
      resources,
      onVerdict: (verdict, use) => verdicts.push({ verdict, use }),
      checksPapers: options.checksPapers ?? true,
    }),
  );
  const { url: resource } = disposals.use(
    await startLogServer({ certificates, issuer, verifier: logVerifier }),
  );
  resources.set(resource, logServerScopes);
  return {
    world,
    issuer,
    resource,
    verdicts,
    authorizationVerifier,
    logVerifier,
    clientOf: (agent, flow) =>
      new AgentClient(resource, {
        clientId: agent.clientId,
        privateJwk: agent.privateJwk,
        scope: logServerScopes.join(' '),
        issuer,
        ...(flow === 'authorization code' && { redirectUri: agent.redirectUri }),
      }),
    spread: (...agents) => {
      for (const url of [...world.lists, ...agents.map((agent) => agent.clientId)]) {
        authorizationVerifier.invalidate(url);
        logVerifier.invalidate(url);
      }
    },
    [Symbol.asyncDispose]: () => disposals[Symbol.asyncDispose](),
  };
}

/** The scopes of a token, or the error code of a refusal. */
export function outcomeOf(answer: TokenAnswer): string {
  return answer.granted ? answer.scopes.join(' ') : answer.error;
}
