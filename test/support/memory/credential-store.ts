import type { AgentId } from '../../../src/agents/agent.ts';
import {
  type Credential,
  type CredentialId,
  type CredentialRecord,
  credentialStateAt,
} from '../../../src/credentials/credential.ts';
import type {
  CredentialFilter,
  CredentialReader,
  CredentialStore,
} from '../../../src/credentials/credential-store.ts';
import type { PageRequest } from '../../../src/kernel/page.ts';
import { SealwrightError } from '../../../src/kernel/sealwright-error.ts';
import type { KeyId } from '../../../src/keys/signing-key.ts';
import { reaches } from '../../../src/organizations/api-token.ts';
import type { OrganizationId } from '../../../src/organizations/organization.ts';
import { byId, byTurns, type StateSource } from './memory-state.ts';

export class MemoryCredentialReader implements CredentialReader {
  protected readonly state: StateSource;

  constructor(state: StateSource) {
    this.state = state;
  }

  async find(organizationId: OrganizationId, id: CredentialId): Promise<Credential | null> {
    const found = this.all().find((credential) => credential.id === id);
    return found?.organizationId === organizationId ? found : null;
  }

  async findMany(ids: readonly CredentialId[]): Promise<readonly Credential[]> {
    return this.all().filter(({ id }) => ids.includes(id));
  }

  async list(filter: CredentialFilter, page: PageRequest): Promise<readonly Credential[]> {
    return this.all()
      .filter(({ id }) => page.after === undefined || id > page.after)
      .filter((credential) => matches(credential, filter))
      .filter(({ agentId }) => this.#isReached(agentId, filter))
      .slice(0, page.limit);
  }

  async listUnexpired(agentIds: readonly AgentId[], at: Date): Promise<readonly Credential[]> {
    return this.all().filter(
      ({ agentId, validUntil, sealing }) =>
        agentIds.includes(agentId) && validUntil > at && sealing !== 'abandoned',
    );
  }

  async listUnsealed(before: Date, limit: number): Promise<readonly Credential[]> {
    const left = this.all().filter(
      ({ sealing, createdAt }) => sealing === 'intended' && createdAt < before,
    );
    return byTurns(left, ({ organizationId }) => organizationId).slice(0, limit);
  }

  async findLastEnd(keyId: KeyId): Promise<Date | null> {
    const ends = this.all()
      .filter((credential) => credential.keyId === keyId && credential.sealing !== 'abandoned')
      .map(({ validUntil }) => validUntil.getTime());
    return ends.length === 0 ? null : new Date(Math.max(...ends));
  }

  async listStanding(keyId: KeyId, at: Date, limit: number): Promise<readonly Credential[]> {
    return this.all()
      .filter((credential) => credential.keyId === keyId && credential.sealing !== 'abandoned')
      .filter(({ validUntil, revokedAt }) => validUntil > at && revokedAt === null)
      .slice(0, limit);
  }

  async listBereft(
    key: { readonly id: KeyId; readonly revokedAt: Date },
    at: Date,
    limit: number,
  ): Promise<readonly AgentId[]> {
    const all = this.all();
    const lost = all
      .filter(({ keyId, sealing }) => keyId === key.id && sealing === 'sealed')
      .filter(({ validUntil, suspendedAt }) => validUntil > at && suspendedAt === null)
      .filter(({ revokedAt }) => revokedAt?.getTime() === key.revokedAt.getTime())
      .filter((one) => !all.some((other) => makesUpFor(other, one, key.revokedAt)));
    const ids = new Set(lost.map(({ agentId }) => agentId));
    return [...this.state().agents.values()]
      .filter(({ id, state }) => ids.has(id) && state === 'active')
      .filter(({ expiresAt }) => expiresAt === null || expiresAt > at)
      .map(({ id }) => id)
      .sort()
      .slice(0, limit);
  }

  async listAgentsDue(at: Date, limit: number): Promise<readonly AgentId[]> {
    const isPast = (passport: Credential) => renewalTime(passport) < at.getTime();
    const due = [...this.state().agents.values()]
      .filter(({ state }) => state === 'active')
      .filter(({ expiresAt }) => expiresAt === null || expiresAt > at)
      .filter(({ id }) => this.#passportsOf(id).slice(0, 1).some(isPast))
      .flatMap(({ id }) => this.#passportsOf(id).find(({ revokedAt }) => revokedAt === null) ?? [])
      .filter(isPast)
      .sort((one, other) => one.validUntil.getTime() - other.validUntil.getTime());
    return byTurns(due, ({ organizationId }) => organizationId)
      .map(({ agentId }) => agentId)
      .slice(0, limit);
  }

  #isReached(id: AgentId, { reach }: CredentialFilter): boolean {
    const agent = this.state().agents.get(id);
    return reach === undefined || (agent !== undefined && reaches(reach, agent));
  }

  async listFacetsDue(
    at: Date,
    order: { readonly lapsedBefore: Date; readonly limit: number },
  ): Promise<readonly Credential[]> {
    const due = this.all()
      .filter((facet) => facet.validUntil > order.lapsedBefore && renewalTime(facet) < at.getTime())
      .filter(({ renewsForS, sealing }) => renewsForS !== null && sealing === 'sealed')
      .filter(({ revokedAt, suspendedAt }) => revokedAt === null && suspendedAt === null)
      .filter(({ agentSuspendedAt, renewedBy }) => agentSuspendedAt === null && renewedBy === null)
      .filter((facet) => this.#isOutlived(facet, at))
      .sort((one, other) => one.validUntil.getTime() - other.validUntil.getTime());
    return byTurns(due, ({ organizationId }) => organizationId).slice(0, order.limit);
  }

  /** Whether the agent is active, and goes on after the facet ends. */
  #isOutlived({ agentId, validUntil }: Credential, at: Date): boolean {
    const agent = this.state().agents.get(agentId);
    if (agent?.state !== 'active') return false;
    const { expiresAt } = agent;
    if (expiresAt === null) return true;
    return (
      expiresAt > at && expiresAt.getTime() - expiresAt.getMilliseconds() > validUntil.getTime()
    );
  }

  /** The sealed ones, newest first. */
  #passportsOf(agentId: AgentId): readonly Credential[] {
    return this.all()
      .filter((credential) => credential.agentId === agentId && credential.type === 'passport')
      .filter(({ sealing }) => sealing === 'sealed')
      .sort((one, other) => other.createdAt.getTime() - one.createdAt.getTime());
  }

  protected all(): readonly Credential[] {
    const { credentials, entries } = this.state();
    return [...credentials.values()].sort(byId).map((record) => {
      const entry = entries.get(record.id);
      return {
        ...record,
        revokedAt: entry?.revokedAt ?? null,
        suspendedAt: entry?.suspendedAt ?? null,
        agentSuspendedAt: entry?.agentSuspendedAt ?? null,
        renewedBy: renewalIn(credentials.values(), record),
      };
    });
  }
}

export class MemoryCredentialStore extends MemoryCredentialReader implements CredentialStore {
  async insertIntents(records: readonly CredentialRecord[]): Promise<void> {
    for (const record of records) this.state().credentials.set(record.id, record);
  }

  async sealAll(
    seals: readonly { readonly id: CredentialId; readonly jwt: string }[],
  ): Promise<void> {
    for (const { id, jwt } of seals) {
      const record = this.state().credentials.get(id);
      if (record?.sealing !== 'intended') {
        throw new SealwrightError(
          'credential-wrong-state',
          'A credential was given up before its signature was recorded.',
        );
      }
      this.state().credentials.set(id, { ...record, jwt, sealing: 'sealed' });
    }
  }

  async abandonAll(ids: readonly CredentialId[]): Promise<void> {
    for (const id of ids) {
      const record = this.state().credentials.get(id);
      if (record?.sealing !== 'intended') continue;
      this.state().credentials.set(id, { ...record, sealing: 'abandoned' });
    }
  }
}

function renewalIn(records: Iterable<CredentialRecord>, { id }: CredentialRecord) {
  const renewals = [...records].filter(
    ({ renewalOf, sealing }) => renewalOf === id && sealing !== 'abandoned',
  );
  return (
    renewals
      .map((renewal) => renewal.id)
      .sort()
      .at(-1) ?? null
  );
}

function renewalTime({ validFrom, validUntil }: Credential): number {
  return validFrom.getTime() + ((validUntil.getTime() - validFrom.getTime()) * 2) / 3;
}

function makesUpFor(other: Credential, lost: Credential, since: Date): boolean {
  return (
    other.agentId === lost.agentId &&
    other.type === lost.type &&
    other.keyId !== lost.keyId &&
    other.createdAt >= since &&
    other.sealing !== 'abandoned' &&
    (lost.type === 'passport' ||
      (JSON.stringify(other.claims) === JSON.stringify(lost.claims) &&
        other.visibility === lost.visibility))
  );
}

function matches(credential: Credential, filter: CredentialFilter): boolean {
  const { agentId, type, state, at, expiresBefore } = filter;
  return (
    credential.organizationId === filter.organizationId &&
    (agentId === undefined || credential.agentId === agentId) &&
    (type === undefined || credential.type === type) &&
    (state === undefined || credentialStateAt(credential, at) === state) &&
    (expiresBefore === undefined || credential.validUntil < expiresBefore)
  );
}
