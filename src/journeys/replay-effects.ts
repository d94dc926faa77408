import type { Agent, AgentId, AgentState } from '../agents/agent.ts';
import { lifecycle } from '../agents/lifecycle.ts';
import type { AuditEvent, AuditRecord } from '../audit/audit-event.ts';
import type { CredentialId } from '../credentials/credential.ts';
import type { EnrolmentId } from '../enrolments/enrolment.ts';
import type { EstateStores } from '../estate/estate-store.ts';
import type { ImportId } from '../estate/imported-credential.ts';
import { isListed, type KeyId, type KeyState } from '../keys/signing-key.ts';
import type { TokenId } from '../organizations/api-token.ts';
import type { ApiTokenStore } from '../organizations/api-token-store.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type { OrganizationStore } from '../organizations/organization-store.ts';
import { publishDocuments } from '../publication/publish-documents.ts';
import type { StatusChange } from '../status/status-store.ts';
import type { WorkloadRuleId } from '../workloads/workload-rule.ts';
import type { WorkloadRuleStore } from '../workloads/workload-rule-store.ts';
import type { PapersStores } from './papers.ts';
import { burnHandle } from './replay-handles.ts';
import { keyDrafts } from './seal-papers.ts';

/** A record of the trail with what its body says beside the columns. */
export interface ReplayedRecord extends AuditRecord, Pick<AuditEvent, 'reason' | 'details'> {}

/** The stores that a replay writes to, all in one transaction. */
export type ReplayStores = PapersStores &
  EstateStores & {
    readonly organizations: OrganizationStore;
    readonly tokens: ApiTokenStore;
    readonly workloadRules: WorkloadRuleStore;
  };

/** Does again what records of one action say, which follow each other in the trail. */
type Effect = (stores: ReplayStores, records: readonly ReplayedRecord[]) => Promise<void>;

/**
 * What is done again after a restore: everything that takes something back, and what gives that back
 * later, in order. The other actions cannot be: what they gave is not in the trail.
 */
export const replayEffects: Readonly<Record<string, Effect>> = {
  'credential.revoked': revoke,
  'credential.abandoned': revoke,
  'credential.suspended': changingStatus((suspendedAt) => ({ suspendedAt })),
  'credential.resumed': changingStatus(() => ({ suspendedAt: null })),
  'agent.onboarded': each(burnHandle),
  'agent.suspended': changingAgents('suspended'),
  'agent.resumed': changingAgents('active'),
  'agent.retired': changingAgents('retired'),
  'key.published': changingKey('published'),
  'key.activated': changingKey('active'),
  'key.retired': changingKey('retired'),
  'key.destroyed': changingKey('destroyed'),
  'key.compromised': each(giveUpKeys),
  'issuer-key.activated': each(activateIssuerKey),
  'issuer-key.compromised': each(giveUpIssuerKey),
  'issuer-key.destroyed': changingKey('destroyed'),
  'token.revoked': each(async ({ tokens }, { organizationId, subject, at }) => {
    await tokens.revoke(organizationId as OrganizationId, subject as TokenId, at);
  }),
  'owner.departed': each(async ({ owners, findings }, record) => {
    const { subject: owner, reason, at: departedAt } = record;
    const organizationId = record.organizationId as OrganizationId;
    await owners.insertDeparted(organizationId, { owner, reason: reason ?? '', departedAt });
    await findings.makeAllDue(organizationId);
  }),
  'owner.returned': each(async ({ owners }, { organizationId, subject }) => {
    await owners.deleteDeparted(organizationId as OrganizationId, subject);
  }),
  'workload-rule.deleted': each(async ({ workloadRules }, { organizationId, subject }) => {
    await workloadRules.remove(organizationId as OrganizationId, subject as WorkloadRuleId);
  }),
  'issuer.distrusted': each(async ({ imports }, { organizationId, subject: issuer, at }) => {
    await imports.deleteTrusted(organizationId as OrganizationId, issuer);
    const order = { issuer, cause: 'issuer-not-trusted', at };
    await imports.rejectFrom(organizationId as OrganizationId, order);
  }),
  'import.removed': each(({ imports }, { subject }) => imports.deleteImport(subject as ImportId)),
  'enrolment.used': each(endEnrolment),
  'enrolment.rejected': each(endEnrolment),
  'enrolment.withdrawn': each(endEnrolment),
};

/** What leaves nothing behind that would have to be done again. */
export const withoutEffect: ReadonlySet<string> = new Set([
  'credential.intended',
  'agent.asserted',
  'token.exchanged',
  'import.rechecked',
  'revocation.ordered',
  'suspension.ordered',
  'issuer-key.retired',
  'registry.restored',
]);

function each(effect: (stores: ReplayStores, record: ReplayedRecord) => Promise<void>): Effect {
  return async (stores, records) => {
    for (const record of records) await effect(stores, record);
  };
}

/**
 * What was signed by a key that was given up is marked with the very instant of that, by which the
 * rounds know what they have to issue anew.
 */
async function revoke(stores: ReplayStores, records: readonly ReplayedRecord[]): Promise<void> {
  const ids = records.map(({ subject }) => subject as CredentialId);
  const known = await stores.credentials.findMany(ids);
  const dids = await stores.organizations.list();
  const keys = await stores.keys.listByDids(dids.map(({ did }) => did));
  for (const { id, revokedAt } of keys) {
    if (revokedAt === null) continue;
    const signed = known.filter(({ keyId }) => keyId === id);
    await stores.status.change(
      signed.map((credential) => credential.id),
      { revokedAt },
    );
  }
  await stores.credentials.abandonAll(ids);
  const [first] = records;
  if (first !== undefined) await stores.status.change(ids, { revokedAt: first.at });
}

function changingStatus(changeAt: (at: Date) => StatusChange): Effect {
  return async (stores, records) => {
    const [first] = records;
    const holders = records.map(({ subject }) => subject);
    if (first !== undefined) await stores.status.change(holders, changeAt(first.at));
  };
}

const statusOf: Readonly<
  Record<'as issued' | 'suspended' | 'revoked', (at: Date) => StatusChange>
> = {
  'as issued': () => ({ agentSuspendedAt: null }),
  suspended: (agentSuspendedAt) => ({ agentSuspendedAt }),
  revoked: (revokedAt) => ({ revokedAt }),
};

function changingAgents(state: AgentState): Effect {
  return each(async (stores, { subject, at }) => {
    const [agent] = await stores.agents.findMany([subject as AgentId]);
    if (agent === undefined || agent.state === 'retired' || agent.state === state) return;
    const keys = await stores.keys.listByDids([agent.did]);
    // The key that it was given before it was resumed is lost.
    if (state === 'active' && !keys.some(isListed)) return;
    await changeAgent(stores, agent, { state, at });
  });
}

async function changeAgent(
  stores: ReplayStores,
  { id }: Agent,
  { state, at }: { readonly state: AgentState; readonly at: Date },
): Promise<void> {
  await stores.agents.updateState(id, state, at);
  const held = await stores.credentials.listUnexpired([id], at);
  await stores.status.change(
    held.map((credential) => credential.id),
    statusOf[lifecycle[state].credentials](at),
  );
}

function changingKey(state: KeyState): Effect {
  return each(async (stores, { subject, at, details }) => {
    await stores.keys.change(subject as KeyId, { state, stateSince: at });
    await followKeys(stores, details['agent'], at);
  });
}

/** As when it was given up: all keys go but the one that took over, where that is known. */
async function giveUpKeys(stores: ReplayStores, record: ReplayedRecord): Promise<void> {
  const { subject, at, details } = record;
  const [agent] = await stores.agents.findMany([String(details['agent']) as AgentId]);
  if (agent === undefined) return;
  for (const key of await stores.keys.listByDids([agent.did])) {
    if (key.thumbprint === details['successor']) {
      await stores.keys.change(key.id, { state: 'active', stateSince: at });
      continue;
    }
    const revoked = key.id === subject ? { revokedAt: at } : {};
    await stores.keys.change(key.id, { state: 'destroyed', stateSince: at, ...revoked });
  }
  await followKeys(stores, agent.id, at);
}

/**
 * The documents show the keys that are left. An agent without any waits, suspended, until its owner
 * gives it one; whatever rotation was under way has to be begun anew.
 */
async function followKeys(stores: ReplayStores, agentId: unknown, at: Date): Promise<void> {
  if (typeof agentId !== 'string') return;
  const [agent] = await stores.agents.findMany([agentId as AgentId]);
  if (agent === undefined || agent.state === 'retired') return;
  await stores.rotations.remove(agent.id);
  const keys = (await stores.keys.listByDids([agent.did])).filter(isListed);
  const organization = (await stores.organizations.list()).find(
    ({ id }) => id === agent.organizationId,
  );
  if (organization === undefined) return;
  await publishDocuments(stores, { drafts: keyDrafts(organization, agent, keys), at });
  if (keys.length === 0 && agent.state !== 'suspended') {
    await changeAgent(stores, agent, { state: 'suspended', at });
  }
}

/** Where the key that took over is not known, the former one goes on: it was not given up. */
async function activateIssuerKey(stores: ReplayStores, record: ReplayedRecord): Promise<void> {
  const { subject, at } = record;
  const keys = await issuerKeysOf(stores, record);
  const next = keys.find(({ id, state }) => id === subject && state === 'published');
  if (next === undefined) return;
  for (const former of keys.filter(({ state }) => state === 'active')) {
    const listedUntil = (await stores.credentials.findLastEnd(former.id)) ?? at;
    const end = { state: 'retired', stateSince: at, sealed: null, listedUntil } as const;
    await stores.keys.change(former.id, end);
  }
  await stores.keys.change(next.id, { state: 'active', stateSince: at, activatesAt: null });
}

/** The organization is left without a key here; the end of the replay gives it another. */
async function giveUpIssuerKey(stores: ReplayStores, record: ReplayedRecord): Promise<void> {
  const { subject, at } = record;
  const key = (await issuerKeysOf(stores, record)).find(({ id }) => id === subject);
  if (key === undefined) return;
  const listedUntil = (await stores.credentials.findLastEnd(key.id)) ?? at;
  const over = { state: 'retired', stateSince: at, sealed: null, activatesAt: null } as const;
  await stores.keys.change(key.id, { ...over, revokedAt: at, listedUntil });
}

async function issuerKeysOf(stores: ReplayStores, { organizationId }: ReplayedRecord) {
  const organizations = await stores.organizations.list();
  const dids = organizations.flatMap(({ id, did }) => (id === organizationId ? [did] : []));
  return stores.keys.listByDids(dids);
}

/** Whoever came with the token had it; nobody else may come with it now. */
async function endEnrolment(stores: ReplayStores, { subject }: ReplayedRecord): Promise<void> {
  const enrolment = await stores.enrolments.lock(subject as EnrolmentId);
  if (enrolment === null) return;
  if (enrolment.state !== 'open' && enrolment.state !== 'awaiting-approval') return;
  const reason = 'it had ended before the registry was restored';
  await stores.enrolments.update({ ...enrolment, state: 'withdrawn', reason });
}
