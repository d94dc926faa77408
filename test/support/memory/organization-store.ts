import type { PageRequest } from '../../../src/kernel/page.ts';
import { SealwrightError } from '../../../src/kernel/sealwright-error.ts';
import type { ApiToken, TokenId } from '../../../src/organizations/api-token.ts';
import type { ApiTokenReader, ApiTokenStore } from '../../../src/organizations/api-token-store.ts';
import type {
  Organization,
  OrganizationId,
  OrganizationStanding,
} from '../../../src/organizations/organization.ts';
import type {
  OrganizationReader,
  OrganizationStore,
} from '../../../src/organizations/organization-store.ts';
import { byId, type StateSource } from './memory-state.ts';

export class MemoryOrganizationReader implements OrganizationReader {
  protected readonly state: StateSource;

  constructor(state: StateSource) {
    this.state = state;
  }

  async find(id: OrganizationId): Promise<Organization | null> {
    return this.state().organizations.get(id) ?? null;
  }

  async list(): Promise<readonly Organization[]> {
    return [...this.state().organizations.values()].sort(byId);
  }

  async listPage({ limit, after = '' }: PageRequest): Promise<readonly Organization[]> {
    const present = (await this.list()).filter(({ standing }) => standing !== 'former');
    return present.filter(({ id }) => id > after).slice(0, limit);
  }
}

export class MemoryOrganizationStore extends MemoryOrganizationReader implements OrganizationStore {
  async insert(organization: Organization): Promise<void> {
    for (const { id, baseUrl, did } of this.state().organizations.values()) {
      if (id === organization.id || baseUrl === organization.baseUrl || did === organization.did) {
        throw new SealwrightError('base-url-taken', 'There is an organization at this base URL.');
      }
    }
    this.state().organizations.set(organization.id, organization);
  }

  async changeStanding(id: OrganizationId, standing: OrganizationStanding): Promise<void> {
    const found = await this.find(id);
    if (found !== null) this.state().organizations.set(id, { ...found, standing });
  }

  async describe(
    id: OrganizationId,
    { name, contact }: Parameters<OrganizationStore['describe']>[1],
  ): Promise<Organization | null> {
    const found = await this.find(id);
    if (found === null) return null;
    const described = { ...found, name: name ?? found.name, contact: contact ?? found.contact };
    this.state().organizations.set(id, described);
    return described;
  }
}

export class MemoryApiTokenReader implements ApiTokenReader {
  protected readonly state: StateSource;

  constructor(state: StateSource) {
    this.state = state;
  }

  async findByHash(hash: string): Promise<ApiToken | null> {
    return [...this.state().tokens.values()].find((token) => token.hash === hash) ?? null;
  }

  async list(organizationId: OrganizationId): Promise<readonly ApiToken[]> {
    return [...this.state().tokens.values()]
      .filter((token) => token.organizationId === organizationId)
      .sort(byId);
  }
}

export class MemoryApiTokenStore extends MemoryApiTokenReader implements ApiTokenStore {
  async insert(token: ApiToken): Promise<void> {
    if (this.state().tokens.has(token.id) || (await this.findByHash(token.hash)) !== null) {
      throw new SealwrightError('invalid-input', 'There is a token with this text already.');
    }
    this.state().tokens.set(token.id, token);
  }

  async handOver(from: OrganizationId, to: OrganizationId): Promise<void> {
    for (const token of await this.list(from)) {
      this.state().tokens.set(token.id, { ...token, organizationId: to });
    }
  }

  async revoke(organizationId: OrganizationId, id: TokenId, at: Date): Promise<ApiToken | null> {
    const token = this.state().tokens.get(id);
    if (token === undefined || token.organizationId !== organizationId) return null;
    const revoked = { ...token, revokedAt: token.revokedAt ?? at };
    this.state().tokens.set(id, revoked);
    return revoked;
  }
}
