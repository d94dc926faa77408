import { randomUUID } from 'node:crypto';
import { type Agent, hasEnded } from '../agents/agent.ts';
import type { AgentReader } from '../agents/agent-store.ts';
import { lifecycle } from '../agents/lifecycle.ts';
import type { Actor } from '../audit/audit-event.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import { agentUrls, hasStrictDocument } from '../cimd/client-document.ts';
import type { Clock } from '../kernel/clock.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { IssuerDirectory } from '../keys/issuer.ts';
import type { KeyReader } from '../keys/key-store.ts';
import type { CompactToken, Signer } from '../keys/signer.ts';
import type { SigningKey } from '../keys/signing-key.ts';
import type { Organization } from '../organizations/organization.ts';
import { isLoopbackName } from '../protocol/host-name.ts';
import { findAgent } from './find-agent.ts';
import type { AgentRef } from './registry.ts';

/** Seconds: an authorization server asks for one at every token, and none is used twice. */
const lifetimeS = 120;
const longestAudience = 500;

/** What signing for an agent needs. */
export interface SignAssertionDeps {
  readonly work: UnitOfWork<{ agents: AgentReader; keys: KeyReader; audit: AuditTrail }>;
  readonly agents: AgentReader;
  readonly keys: KeyReader;
  readonly issuers: IssuerDirectory;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly loopback: boolean;
}

/** For which authorization server an agent is to be signed for, and as which of its clients. */
export interface SignAssertionInput extends AgentRef {
  /** The issuer identifier of the authorization server (RFC 8414 §2). */
  readonly audience: string;
  /** `strict`: as the client of the agent's strict document. */
  readonly profile: 'strict' | null;
}

/** An assertion that is good for one token request. */
export interface SignedAssertion {
  readonly assertion: CompactToken;
  readonly clientId: string;
  readonly audience: string;
  readonly expiresAt: Date;
}

/** What is signed, once it is on record. */
interface Intent {
  readonly agent: Agent;
  readonly key: SigningKey;
  readonly claims: {
    readonly iss: string;
    readonly sub: string;
    readonly aud: string;
    readonly iat: number;
    readonly exp: number;
    readonly jti: string;
  };
}

/**
 * Signs an assertion for an agent whose key the registry holds. That the agent is active, and that its
 * key is, is checked in the transaction that puts the assertion on record; it is signed afterwards, so
 * that none exists that is not on record. Throws `agent-wrong-state`, `key-held-elsewhere`,
 * `agent-not-found` for an agent that the caller does not reach, and `invalid-input`.
 */
export async function signAssertion(
  deps: SignAssertionDeps,
  input: SignAssertionInput,
): Promise<SignedAssertion> {
  checkAudience(input.audience, deps.loopback);
  const agent = await findAgent(deps, input);
  if (agent.keyCustody !== 'registry') {
    throw new SealwrightError('key-held-elsewhere', 'The agent holds its key itself.');
  }
  const { organization } = await deps.issuers.find(agent.organizationId);
  const now = deps.clock.now();
  const clientId = clientIdOf(organization, agent, input.profile);
  checkActive(agent, now);
  const key = await activeKeyOf(deps.keys, agent);
  const iat = Math.floor(now.getTime() / 1000);
  // RFC 7523bis §4: the issuer of the server is the only audience, and client_id is iss and sub.
  const claims = {
    iss: clientId,
    sub: clientId,
    aud: input.audience,
    iat,
    exp: iat + lifetimeS,
    jti: randomUUID(),
  };
  await record(deps, input.actor, { agent, key, claims });
  const payload = JSON.stringify(claims);
  const assertion = await deps.signer.signClientAssertion({ key, payload });
  const expiresAt = new Date(claims.exp * 1000);
  return { assertion, clientId, audience: input.audience, expiresAt };
}

async function record(deps: SignAssertionDeps, actor: Actor, intent: Intent): Promise<void> {
  const { agent, key, claims } = intent;
  await deps.work.run(async (stores) => {
    await stores.audit.append([
      {
        organizationId: agent.organizationId,
        actor,
        action: 'agent.asserted',
        subject: agent.id,
        reason: null,
        details: {
          handle: agent.handle,
          clientId: claims.sub,
          audience: claims.aud,
          jti: claims.jti,
          exp: claims.exp,
          key: key.thumbprint,
        },
      },
    ]);
    const [present] = await stores.agents.findMany([agent.id]);
    checkActive(present, deps.clock.now());
    const { id } = await activeKeyOf(stores.keys, agent);
    if (id !== key.id) {
      throw new SealwrightError('conflict-retry', 'The key of the agent has just been rotated.');
    }
  });
}

function checkActive(agent: Agent | undefined, now: Date): void {
  const isSignedFor = agent !== undefined && lifecycle[agent.state].assertions === 'signed';
  if (isSignedFor && !hasEnded(agent, now)) return;
  throw new SealwrightError('agent-wrong-state', 'Only an active agent is signed for.');
}

async function activeKeyOf(keys: KeyReader, agent: Agent): Promise<SigningKey> {
  const all = await keys.listByDids([agent.did]);
  const key = all.findLast(
    ({ purpose, state, sealed }) =>
      purpose === 'client-authentication' && state === 'active' && sealed !== null,
  );
  if (key !== undefined) return key;
  throw new SealwrightError('key-held-elsewhere', 'The registry holds no active key of the agent.');
}

function clientIdOf(
  organization: Organization,
  agent: Agent,
  profile: SignAssertionInput['profile'],
): string {
  if (profile === null) return agent.clientId;
  if (hasStrictDocument(agent)) return agentUrls(organization, agent.handle).strictClientId;
  throw new SealwrightError('invalid-input', 'The agent has no strict document.', {
    faults: [{ pointer: '/profile', detail: 'the agent does not have it' }],
  });
}

function checkAudience(audience: string, loopback: boolean): void {
  const url = URL.canParse(audience) ? new URL(audience) : null;
  const isOneSpelling = url !== null && (url.href === audience || url.href === `${audience}/`);
  const isSafe =
    url?.protocol === 'https:' ||
    (url?.protocol === 'http:' && loopback && isLoopbackName(url.hostname));
  const isBare = url?.username === '' && url.password === '' && !/[?#]/.test(audience);
  if (isOneSpelling && isSafe && isBare && audience.length <= longestAudience) return;
  throw new SealwrightError('invalid-input', 'The audience does not name a server.', {
    faults: [{ pointer: '/audience', detail: 'must be the https URL that is the issuer' }],
  });
}
