import { type Agent, type AgentId, hasEnded } from '../agents/agent.ts';
import { checkClientIdLength, checkHandle, checkProfile } from '../agents/agent-profile.ts';
import type { AgentReader } from '../agents/agent-store.ts';
import { defaultEnd } from '../agents/lifecycle.ts';
import { agentUrls, clientIdsOf } from '../cimd/client-document.ts';
import type { CredentialReader } from '../credentials/credential-store.ts';
import type { FacetDraft } from '../credentials/facet-draft.ts';
import type { IdentityProvider } from '../dids/identity-provider.ts';
import { derivedId } from '../kernel/derived-id.ts';
import { makeKeyPair } from '../kernel/make-key-pair.ts';
import { newId } from '../kernel/new-id.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { Organization } from '../organizations/organization.ts';
import { didWebOf } from '../protocol/did-web.ts';
import { type PublicJwk, parsePublicJwk } from '../protocol/jwk.ts';
import { type JsonObject, type JsonValue, parseStrictJsonObject } from '../protocol/strict-json.ts';
import { draftFacets } from './draft-facets.ts';
import type { IssuePapers } from './issue-papers.ts';
import { type OfferTypesDeps, offerTypes } from './offer-types.ts';
import type { BegunChange, PapersDeps, PapersStores } from './papers.ts';
import { checkMayOnboard, teamWithin } from './reach.ts';
import type { EnrolAgentInput, EnrolledAgent, KeyOrder } from './registry.ts';

/** What says whether an agent is well described. */
export interface DraftAgentDeps
  extends Pick<PapersDeps, 'issuers' | 'clock' | 'loopback'>,
    OfferTypesDeps {}

/** What onboarding needs beside papers: somebody who makes identities. */
export interface EnrolAgentDeps extends DraftAgentDeps {
  readonly agents: AgentReader;
  readonly credentials: CredentialReader;
  readonly identities: IdentityProvider;
  readonly issuePapers: IssuePapers;
}

/** A key that an agent gets: its public half, and the private half where it is handed out. */
export interface StartingKey {
  readonly publicJwk: PublicJwk | null;
  readonly privateJwk: JsonObject | null;
}

/** What goes before the agent in the transaction that records it; a throw undoes both. */
export type Claim = (stores: PapersStores, agent: Agent) => Promise<void>;

/**
 * Onboards an agent in one step: record, did:web, key, passport, the facets that go with it and the
 * public documents. Either all of it is durable and published when this resolves, or nothing
 * happened; what a process that ends in between has recorded is finished by the next round.
 */
export async function enrolAgent(
  deps: EnrolAgentDeps,
  input: EnrolAgentInput,
  claim: Claim = async () => undefined,
): Promise<EnrolledAgent> {
  const earlier = await findEarlier(deps, input);
  if (earlier !== null) return earlier;
  const { agent, facets } = await draftAgent(deps, input);
  const key = startingKeyOf(input.key);
  const issued = await deps.issuePapers({
    agentId: null,
    actor: input.actor,
    reason: 'onboarded',
    facets,
    isRefusable: true,
    begin: async (stores) => {
      await claim(stores, agent);
      return beginEnrolment(stores, { deps, input, agent, publicJwk: key.publicJwk });
    },
  });
  return { agent: issued.agent, credentials: issued.facets, privateJwk: key.privateJwk };
}

/** An agent that is well described, and what it gets with its passport; nothing is recorded yet. */
export async function draftAgent(
  deps: DraftAgentDeps,
  input: EnrolAgentInput,
): Promise<{ readonly agent: Agent; readonly facets: readonly FacetDraft[] }> {
  checkMayOnboard(input.reach);
  checkHandle(input.handle);
  const { organization } = await deps.issuers.find(input.organizationId);
  const now = deps.clock.now();
  const agent = agentOf(organization, input, now);
  for (const clientId of clientIdsOf(organization, agent)) checkClientIdLength(clientId);
  checkProfile(agent, { loopback: deps.loopback });
  checkEnd(agent, now);
  if ('jwk' in input.key && input.key.jwk !== undefined) publicJwkOf(input.key.jwk);
  const { credentials = [] } = input;
  const types = await offerTypes(deps, input.organizationId, credentials);
  const place = { agentExpiresAt: agent.expiresAt, now, types };
  return { agent, facets: draftFacets(credentials, place) };
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
        expiresAt: agent.expiresAt?.toISOString() ?? null,
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
    id: agentIdOf(input, now),
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
    expiresAt: input.expiresAt ?? defaultEnd(now),
    createdAt: now,
    updatedAt: now,
    papersRevision: 1,
    publishedRevision: 0,
  };
}

/** A request that is sent again names the agent that its first attempt made. */
function agentIdOf({ requestId }: EnrolAgentInput, now: Date): AgentId {
  return requestId === undefined ? newId('agt', now) : derivedId('agt', requestId, 0);
}

/**
 * What an earlier attempt of the same request onboarded, if it got that far. A key that it handed out
 * cannot be had again.
 */
async function findEarlier(
  deps: EnrolAgentDeps,
  input: EnrolAgentInput,
): Promise<EnrolledAgent | null> {
  if (input.requestId === undefined) return null;
  const now = deps.clock.now();
  const agent = await deps.agents.findByHandle(input.organizationId, input.handle);
  if (agent?.id !== agentIdOf(input, now)) return null;
  if (agent.state === 'pending') {
    throw new SealwrightError('idempotency-key-in-use', 'The agent is being onboarded.');
  }
  const held = await deps.credentials.listUnexpired([agent.id], now);
  const credentials = held.filter(
    ({ type, sealing }) => type !== 'passport' && sealing === 'sealed',
  );
  return { agent, credentials, privateJwk: null };
}

/** MCP and atproto servers refuse a document without the authorization code grant. */
export function withAuthorizationCode(grantTypes: Agent['grantTypes']): Agent['grantTypes'] {
  return ['authorization_code', ...grantTypes.filter((type) => type !== 'authorization_code')];
}

/**
 * Refuses an agent whose own end has come before its papers are made, and an end after the year 9999:
 * such a row can be written and never be read again.
 */
export function checkEnd(agent: Pick<Agent, 'expiresAt'>, now: Date): void {
  const isWritable = (agent.expiresAt?.getUTCFullYear() ?? 0) <= 9999;
  if (isWritable && !hasEnded(agent, now)) return;
  const detail = isWritable ? 'must be in the future' : 'must be before the year 10000';
  throw new SealwrightError('invalid-input', 'The end of the agent is not usable.', {
    faults: [{ pointer: '/expiresAt', detail }],
  });
}

/** Takes in the key that was brought, or makes one; a key that stays here is made where it is kept. */
export function startingKeyOf(order: KeyOrder): StartingKey {
  if (order.custody === 'registry') return { publicJwk: null, privateJwk: null };
  if (order.jwk !== undefined) return { publicJwk: publicJwkOf(order.jwk), privateJwk: null };
  const pair = makeKeyPair('P-256');
  return {
    publicJwk: publicJwkOf(jsonOf(pair.publicKey.export({ format: 'jwk' }))),
    privateJwk: jsonOf(pair.privateKey.export({ format: 'jwk' })),
  };
}

/** Reads a public key; `key-not-usable` says what is wrong with it. */
export function publicJwkOf(jwk: JsonValue): PublicJwk {
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
