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
import type { OrganizationId } from '../../../src/organizations/organization.ts';
import { byId, type StateSource } from './memory-state.ts';

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
      .slice(0, page.limit);
  }

  async listUnexpired(agentIds: readonly AgentId[], at: Date): Promise<readonly Credential[]> {
    return this.all().filter(
      ({ agentId, validUntil, sealing }) =>
        agentIds.includes(agentId) && validUntil > at && sealing !== 'abandoned',
    );
  }

  async listUnsealed(before: Date, limit: number): Promise<readonly Credential[]> {
    return this.all()
      .filter(({ sealing, createdAt }) => sealing === 'intended' && createdAt < before)
      .slice(0, limit);
  }

  async listAgentsDue(at: Date, limit: number): Promise<readonly AgentId[]> {
    return [...this.state().agents.values()]
      .filter(({ state }) => state === 'active')
      .filter(({ expiresAt }) => expiresAt === null || expiresAt > at)
      .flatMap(({ id }) => this.#newestPassport(id) ?? [])
      .filter((passport) => renewalTime(passport) < at.getTime())
      .sort((one, other) => one.validUntil.getTime() - other.validUntil.getTime())
      .map(({ agentId }) => agentId)
      .slice(0, limit);
  }

  #newestPassport(agentId: AgentId): Credential | undefined {
    return this.all()
      .filter((credential) => credential.agentId === agentId && credential.type === 'passport')
      .filter(({ sealing, revokedAt }) => sealing === 'sealed' && revokedAt === null)
      .sort((one, other) => other.createdAt.getTime() - one.createdAt.getTime())[0];
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

function renewalTime({ validFrom, validUntil }: Credential): number {
  return validFrom.getTime() + ((validUntil.getTime() - validFrom.getTime()) * 2) / 3;
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
