import type { Agent, AgentState } from '../agents/agent.ts';
import type { AgentReader } from '../agents/agent-store.ts';
import type { AuditReader } from '../audit/audit-trail.ts';
import { type RecordedActor, readActor } from '../audit/read-actor.ts';
import type { AccessReader, PermittedAgent } from '../credentials/access-store.ts';
import type { Credential } from '../credentials/credential.ts';
import type { CredentialReader } from '../credentials/credential-store.ts';
import type { Clock } from '../kernel/clock.ts';
import type { PageRequest } from '../kernel/page.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { IssuerDirectory } from '../keys/issuer.ts';
import { parseCompactJws } from '../protocol/compact-jws.ts';
import { maxJwtBytes } from '../protocol/limits.ts';
import { scopeOf } from '../protocol/scope.ts';
import type { Caller } from './registry.ts';

/** Readers alone: asking changes nothing and is not audited. */
export interface AnswerAccessDeps {
  readonly access: AccessReader;
  readonly agents: AgentReader;
  readonly credentials: CredentialReader;
  readonly audit: AuditReader;
  readonly issuers: Pick<IssuerDirectory, 'find'>;
  readonly clock: Clock;
}

/** Whether something may be done, in the words of allowed-actions credentials. */
export interface AccessQuestion extends Caller {
  readonly action: string;
  readonly resource: string;
  /** A past moment; left out, it is the present one. */
  readonly at?: Date | undefined;
}

/** One agent that may do what was asked, and why. */
export interface AccessGrant {
  /** Of the agent, which is also where a listing goes on. */
  readonly id: Agent['id'];
  /** As it is now. */
  readonly agent: Agent;
  /** What the agent was at the moment asked about: nobody else is permitted anything. */
  readonly stateThen: Extract<AgentState, 'active'>;
  readonly credential: Credential;
  /** Absolute DID URL of the key that signed the credential. */
  readonly issuerKey: string | null;
  /** Who ordered the credential, as the audit trail has it. */
  readonly orderedBy: RecordedActor | null;
}

/**
 * Which agents may do this, now or at a past moment, each by the oldest credential that allows it;
 * an agent for which any credential in force denies it is left out. Throws `invalid-input` for a
 * moment of which nothing is recorded: one that is still to come, or before the organization.
 */
export async function answerAccess(
  deps: AnswerAccessDeps,
  question: AccessQuestion,
  page: PageRequest,
): Promise<readonly AccessGrant[]> {
  const at = await momentOf(deps, question);
  const { organizationId, reach } = question;
  const filter = { organizationId, reach, scope: scopeOf(question), at };
  const permitted = await deps.access.listPermitted(filter, page);
  const ids = permitted.map(({ credentialId }) => credentialId);
  const [agents, credentials, orders] = await Promise.all([
    deps.agents.findMany(permitted.map(({ agentId }) => agentId)),
    deps.credentials.findMany(ids),
    deps.audit.listAbout(ids, 'credential.intended'),
  ]);
  const known = {
    agents: new Map(agents.map((agent) => [agent.id, agent])),
    credentials: new Map(credentials.map((credential) => [credential.id, credential])),
    actors: new Map(orders.map((record) => [record.subject, readActor(record)])),
  };
  return permitted.flatMap((one) => grantOf(one, known));
}

async function momentOf(deps: AnswerAccessDeps, question: AccessQuestion): Promise<Date> {
  const now = deps.clock.now();
  const { at, organizationId } = question;
  if (at === undefined) return now;
  if (at > now) throw unrecorded('is still to come: what is not recorded yet cannot be told');
  const { createdAt } = (await deps.issuers.find(organizationId)).organization;
  if (at >= createdAt) return at;
  throw unrecorded(`is before the organization, which exists since ${createdAt.toISOString()}`);
}

function unrecorded(detail: string): SealwrightError {
  return new SealwrightError('invalid-input', 'Nothing is recorded of that moment.', {
    faults: [{ pointer: '/at', detail }],
  });
}

function grantOf(
  { agentId, credentialId }: PermittedAgent,
  known: {
    readonly agents: ReadonlyMap<string, Agent>;
    readonly credentials: ReadonlyMap<string, Credential>;
    readonly actors: ReadonlyMap<string, RecordedActor | null>;
  },
): readonly AccessGrant[] {
  const agent = known.agents.get(agentId);
  const credential = known.credentials.get(credentialId);
  if (agent === undefined || credential === undefined) return [];
  const issuerKey = signingKeyOf(credential);
  const orderedBy = known.actors.get(credentialId) ?? null;
  return [{ id: agentId, agent, stateThen: 'active', credential, issuerKey, orderedBy }];
}

function signingKeyOf({ jwt }: Credential): string | null {
  const jws = parseCompactJws(jwt, { maxBytes: maxJwtBytes, typ: ['vc+jwt'] });
  return jws.ok ? jws.value.header.kid : null;
}
