import type { Agent } from '../agents/agent.ts';
import type { AgentReader } from '../agents/agent-store.ts';
import type { Credential } from '../credentials/credential.ts';
import type { CredentialReader } from '../credentials/credential-store.ts';
import { parseStrictJsonObject } from '../protocol/strict-json.ts';
import type { BulkFilter } from './bulk-cases.ts';
import { findAgent } from './find-agent.ts';
import type { Caller } from './registry.ts';

const agentsPerRead = 200;

/** Readers alone: looking changes nothing. */
export interface MatchHoldingsDeps {
  readonly agents: AgentReader;
  readonly credentials: CredentialReader;
}

/** An agent with all unexpired credentials that it holds, whatever their state. */
export interface Holding {
  readonly agent: Agent;
  readonly held: readonly Credential[];
}

/**
 * The active and suspended agents of the caller's organization that a filter means by its members
 * about agents, some at a time: a retired one holds nothing, and one that is being onboarded not yet.
 */
export async function* matchAgents(
  deps: MatchHoldingsDeps,
  input: Caller & { readonly filter: BulkFilter },
): AsyncGenerator<readonly Agent[]> {
  const { agent: handle, owner, team, tag } = input.filter;
  const { organizationId } = input;
  const isMeant = (agent: Agent) =>
    (agent.state === 'active' || agent.state === 'suspended') &&
    (owner === undefined || agent.owners.includes(owner)) &&
    (team === undefined || agent.team === team) &&
    (tag === undefined || agent.tags.includes(tag));
  if (handle !== undefined) {
    yield [await findAgent(deps, { ...input, handle })].filter(isMeant);
    return;
  }
  const narrowed = {
    organizationId,
    ...(owner === undefined ? {} : { owner }),
    ...(team === undefined ? {} : { team }),
    ...(tag === undefined ? {} : { tag }),
  };
  let after: string | undefined;
  for (;;) {
    const rows = await deps.agents.list(narrowed, { limit: agentsPerRead, after });
    yield rows.filter(isMeant);
    if (rows.length < agentsPerRead) return;
    after = rows.at(-1)?.id;
  }
}

/** What the agents hold. */
export async function readHoldings(
  deps: MatchHoldingsDeps,
  agents: readonly Agent[],
  at: Date,
): Promise<readonly Holding[]> {
  const ids = agents.map(({ id }) => id);
  const held = new Map<string, Credential[]>(ids.map((id) => [id, []]));
  for (const one of await deps.credentials.listUnexpired(ids, at)) held.get(one.agentId)?.push(one);
  return agents.map((agent) => ({ agent, held: held.get(agent.id) ?? [] }));
}

/** Whether a filter means a credential, by its members about credentials. */
export function meansCredential(filter: BulkFilter, credential: Credential): boolean {
  const { type, issuerKey, issuedBefore } = filter;
  return (
    (type === undefined || credential.type === type) &&
    (issuedBefore === undefined || credential.createdAt < issuedBefore) &&
    (issuerKey === undefined || isSignedBy(issuerKey, credential))
  );
}

/** What is being signed right now may be signed by any key, and so by this one. */
function isSignedBy(issuerKey: string, { jwt }: Credential): boolean {
  if (jwt === null) return true;
  const [header = ''] = jwt.split('.');
  const parsed = parseStrictJsonObject(Buffer.from(header, 'base64url'));
  const kid = parsed.ok ? parsed.value['kid'] : undefined;
  return typeof kid === 'string' && (kid === issuerKey || kid.endsWith(`#${issuerKey}`));
}
