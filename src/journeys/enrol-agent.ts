import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import type { Agent } from '../agents/agent.ts';
import { checkClientIdLength, checkHandle, checkProfile } from '../agents/agent-profile.ts';
import { agentUrls, clientIdsOf } from '../cimd/client-document.ts';
import type { IdentityProvider } from '../dids/identity-provider.ts';
import { newId } from '../kernel/new-id.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { Organization } from '../organizations/organization.ts';
import { didWebOf } from '../protocol/did-web.ts';
import { type PublicJwk, parsePublicJwk } from '../protocol/jwk.ts';
import { type JsonObject, type JsonValue, parseStrictJsonObject } from '../protocol/strict-json.ts';
import type { IssuePapers } from './issue-papers.ts';
import type { BegunChange, PapersDeps, PapersStores } from './papers.ts';
import { checkMayOnboard, teamWithin } from './reach.ts';
import type { EnrolAgentInput, EnrolledAgent, KeyOrder } from './registry.ts';

const makeKeyPair = promisify(generateKeyPair);

/** What onboarding needs beside papers: somebody who makes identities. */
export interface EnrolAgentDeps extends Pick<PapersDeps, 'issuers' | 'clock' | 'loopback'> {
  readonly identities: IdentityProvider;
  readonly issuePapers: IssuePapers;
}

/** A key that an agent gets: its public half, and the private half where it is handed out. */
export interface StartingKey {
  readonly publicJwk: PublicJwk | null;
  readonly privateJwk: JsonObject | null;
}

/**
 * Onboards an agent in one step: record, did:web, key, passport and public documents. Either all
 * of it is durable and published when this resolves, or nothing happened.
 */
export async function enrolAgent(
  deps: EnrolAgentDeps,
  input: EnrolAgentInput,
): Promise<EnrolledAgent> {
  checkMayOnboard(input.reach);
  checkHandle(input.handle);
  const { organization } = await deps.issuers.find(input.organizationId);
  const agent = agentOf(organization, input, deps.clock.now());
  for (const clientId of clientIdsOf(organization, agent)) checkClientIdLength(clientId);
  checkProfile(agent, { loopback: deps.loopback });
  checkEnd(agent, deps.clock.now());
  const key = await startingKeyOf(input.key);
  const issued = await deps.issuePapers({
    agentId: null,
    actor: input.actor,
    reason: 'onboarded',
    facet: null,
    isRefusable: true,
    begin: (stores) => beginEnrolment(stores, { deps, input, agent, publicJwk: key.publicJwk }),
  });
  return { agent: issued.agent, privateJwk: key.privateJwk };
}

async function beginEnrolment(
  stores: PapersStores,
  order: {
    deps: EnrolAgentDeps;
    input: EnrolAgentInput;
    agent: Agent;
    publicJwk: PublicJwk | null;
  },
): Promise<BegunChange> {
  const { agent, input } = order;
  await stores.agents.insert(agent);
  const { identifier, key } = await order.deps.identities.createIdentity(stores, {
    organizationId: agent.organizationId,
    alias: agent.did.slice('did:web:'.length),
    purpose: 'client-authentication',
    ...(order.publicJwk === null ? {} : { publicJwk: order.publicJwk }),
    at: agent.createdAt,
  });
  await stores.audit.append([
    {
      organizationId: agent.organizationId,
      actor: input.actor,
      action: 'agent.onboarded',
      subject: agent.id,
      reason: null,
      details: {
        handle: agent.handle,
        kind: agent.kind,
        did: identifier.did,
        clientId: agent.clientId,
        profiles: agent.profiles,
        owners: agent.owners,
        keyCustody: agent.keyCustody,
        key: key.thumbprint,
      },
    },
  ]);
  return { agent, narrows: false, changedLists: [] };
}

function agentOf(organization: Organization, input: EnrolAgentInput, now: Date): Agent {
  const urls = agentUrls(organization, input.handle);
  const redirectUris = input.redirectUris ?? [];
  const isMachine = redirectUris.length === 0;
  return {
    id: newId('agt', now),
    organizationId: organization.id,
    handle: input.handle,
    kind: input.kind,
    state: 'pending',
    clientId: urls.clientId,
    did: didWebOf(organization.baseUrl, ['a', input.handle]),
    keyCustody: input.key.custody,
    name: input.name,
    description: input.description ?? null,
    owners: input.owners,
    team: teamWithin(input.reach, input.team),
    tags: input.tags ?? [],
    version: input.version ?? null,
    redirectUris: isMachine ? [urls.callback] : redirectUris,
    grantTypes: withAuthorizationCode(
      input.grantTypes ?? (isMachine ? ['client_credentials'] : []),
    ),
    logoUri: input.logoUri ?? null,
    profiles: input.profiles ?? [],
    expiresAt: input.expiresAt ?? null,
    createdAt: now,
    updatedAt: now,
    papersRevision: 1,
    publishedRevision: 0,
  };
}

/** MCP and atproto servers refuse a document without the authorization code grant. */
export function withAuthorizationCode(grantTypes: Agent['grantTypes']): Agent['grantTypes'] {
  return ['authorization_code', ...grantTypes.filter((type) => type !== 'authorization_code')];
}

function checkEnd(agent: Agent, now: Date): void {
  if (agent.expiresAt === null || agent.expiresAt > now) return;
  throw new SealwrightError('invalid-input', 'The agent would end before it begins.', {
    faults: [{ pointer: '/expiresAt', detail: 'must be in the future' }],
  });
}

/** Takes in the key that was brought, or makes one; a key that stays here is made where it is kept. */
export async function startingKeyOf(order: KeyOrder): Promise<StartingKey> {
  if (order.custody === 'registry') return { publicJwk: null, privateJwk: null };
  if (order.custody === 'jwk') return { publicJwk: publicJwkOf(order.jwk), privateJwk: null };
  const pair = await makeKeyPair('ec', { namedCurve: 'P-256' });
  return {
    publicJwk: publicJwkOf(jsonOf(pair.publicKey.export({ format: 'jwk' }))),
    privateJwk: jsonOf(pair.privateKey.export({ format: 'jwk' })),
  };
}

function publicJwkOf(jwk: JsonValue): PublicJwk {
  const parsed = parsePublicJwk(jwk);
  if (parsed.ok) return parsed.value;
  throw new SealwrightError('key-not-usable', 'The key cannot be used.', {
    faults: parsed.faults.map(({ pointer, detail }) => ({ pointer: `/jwk${pointer}`, detail })),
  });
}

function jsonOf(value: object): JsonObject {
  const parsed = parseStrictJsonObject(JSON.stringify(value));
  if (!parsed.ok) throw new TypeError('An exported key is not a JSON object.');
  return parsed.value;
}
