import type { CustomType } from '../../../src/credentials/custom-type.ts';
import type {
  CustomTypeReader,
  CustomTypeStore,
} from '../../../src/credentials/custom-type-store.ts';
import type { PageRequest } from '../../../src/kernel/page.ts';
import { SealwrightError } from '../../../src/kernel/sealwright-error.ts';
import type { OrganizationId } from '../../../src/organizations/organization.ts';
import { byId, type StateSource } from './memory-state.ts';

export class MemoryCustomTypeReader implements CustomTypeReader {
  protected readonly state: StateSource;

  constructor(state: StateSource) {
    this.state = state;
  }

  async find(
    organizationId: OrganizationId,
    name: string,
    version: number,
  ): Promise<CustomType | null> {
    const versions = await this.listVersions(organizationId, name);
    return versions.find((one) => one.version === version) ?? null;
  }

  async findNewest(
    organizationId: OrganizationId,
    names: readonly string[],
  ): Promise<readonly CustomType[]> {
    const all = await this.list(organizationId, { limit: Number.POSITIVE_INFINITY });
    return all.filter(({ name }) => names.includes(name));
  }

  async listVersions(organizationId: OrganizationId, name: string): Promise<readonly CustomType[]> {
    return this.#of(organizationId)
      .filter((one) => one.name === name)
      .sort((one, other) => other.version - one.version);
  }

  async list(organizationId: OrganizationId, page: PageRequest): Promise<readonly CustomType[]> {
    const all = this.#of(organizationId);
    const isNewest = ({ name, version }: CustomType) =>
      !all.some((other) => other.name === name && other.version > version);
    return all
      .filter(isNewest)
      .filter(({ id }) => page.after === undefined || id > page.after)
      .sort(byId)
      .slice(0, page.limit);
  }

  #of(organizationId: OrganizationId): CustomType[] {
    const all = [...this.state().customTypes.values()];
    return all.filter((type) => type.organizationId === organizationId);
  }
}

export class MemoryCustomTypeStore extends MemoryCustomTypeReader implements CustomTypeStore {
  async insert(type: CustomType): Promise<void> {
    if ((await this.find(type.organizationId, type.name, type.version)) !== null) {
      throw new SealwrightError('conflict-retry', 'This version was registered meanwhile.');
    }
    this.state().customTypes.set(type.id, type);
  }
}
