import { AgentClient } from './agent-client.ts';
import { logServerScopes } from './mcp-server.ts';
import type { JsonBody, Registry } from './registry.ts';
import type { Stage } from './stage.ts';

/** An agent of the story: its papers are at a registry, its key is in its own hands. */
export interface Player {
  readonly handle: string;
  readonly registry: Registry;
  readonly clientId: string;
  readonly did: string;
  /** The agent at work: asks for both scopes of the log server and holds one token at a time. */
  readonly client: AgentClient;
}

/** How a player is onboarded, and how it gets its tokens. */
export interface Part {
  readonly handle: string;
  readonly kind: 'agent' | 'mcp-server';
  readonly name: string;
  readonly flow: 'client-credentials' | 'authorization-code';
}

/** Onboards an agent with a key that the registry makes, hands over once and does not keep. */
export async function onboard(stage: Stage, registry: Registry, part: Part): Promise<Player> {
  const { handle, kind, name } = part;
  const answer = await registry.request('POST', '/agents', {
    handle,
    kind,
    name,
    owners: ['operations@acme.example'],
    team: 'operations',
    version: '1.0.0',
    keyCustody: 'issued',
  });
  const { clientId, did, privateJwk } = answer as {
    clientId: string;
    did: string;
    privateJwk: JsonBody;
  };
  const client = new AgentClient(stage.logServer.url, {
    clientId,
    privateJwk,
    scope: logServerScopes.join(' '),
    issuer: stage.authorizationServer.issuer,
    ...(part.flow === 'authorization-code' && { redirectUri: new URL('callback', clientId).href }),
  });
  return { handle, registry, clientId, did, client };
}

const compliance = {
  attestations: [
    {
      framework: 'https://www.iso.org/standard/27001',
      edition: 'ISO/IEC 27001:2022',
      outcome: 'conformant',
      assessor: 'Example Assurance',
    },
  ],
};

const provenance = {
  software: {
    name: 'log-tools',
    version: '1.0.0',
    repository: 'https://git.acme.example/log-tools',
    commit: '9f2c1d7e4b8a6c5d3e2f1a0b9c8d7e6f5a4b3c2d',
  },
};

/** May read the production logs; the customers behind them, not. */
const allowedActions = {
  actions: [{ action: 'read', resource: 'logs/production' }],
  denied: [{ action: 'read', resource: 'logs/pii' }],
};

/** Issues the three facets and returns their ids by type. */
export async function issuePapers(player: Player): Promise<ReadonlyMap<string, string>> {
  const ids = new Map<string, string>();
  for (const [type, claims] of Object.entries({
    compliance,
    provenance,
    'allowed-actions': allowedActions,
  })) {
    const path = `/agents/${player.handle}/credentials`;
    const body = { type, claims, reason: 'CHG-4711' };
    const { id } = await player.registry.request('POST', path, body);
    ids.set(type, String(id));
  }
  return ids;
}

/** Changes the state of a player's agent; the lists show it when this resolves. */
export async function changeState(
  player: Player,
  to: 'suspend' | 'resume' | 'retire',
): Promise<void> {
  const path = `/agents/${player.handle}/${to}`;
  await player.registry.request('POST', path, { reason: 'INC-0815' });
}

/** The status lists that a player's passport names. */
export async function readListsOf(player: Player): Promise<readonly string[]> {
  const document = (await (await fetch(player.clientId)).json()) as { 'vc+jwt': string };
  const [, payload = ''] = document['vc+jwt'].split('.');
  const { credentialStatus } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as {
    credentialStatus: readonly { readonly statusListCredential: string }[];
  };
  return credentialStatus.map((entry) => entry.statusListCredential);
}
