import {
  type Enrolment,
  type EnrolmentId,
  enrolmentStateAt,
} from '../../../src/enrolments/enrolment.ts';
import type {
  EnrolmentFilter,
  EnrolmentReader,
  EnrolmentStore,
} from '../../../src/enrolments/enrolment-store.ts';
import type { Template, TemplateId } from '../../../src/enrolments/template.ts';
import type { TemplateReader, TemplateStore } from '../../../src/enrolments/template-store.ts';
import type { PageRequest } from '../../../src/kernel/page.ts';
import { SealwrightError } from '../../../src/kernel/sealwright-error.ts';
import type { OrganizationId } from '../../../src/organizations/organization.ts';
import { byId, type StateSource } from './memory-state.ts';

export class MemoryEnrolmentReader implements EnrolmentReader {
  protected readonly state: StateSource;

  constructor(state: StateSource) {
    this.state = state;
  }

  async find(organizationId: OrganizationId, id: EnrolmentId): Promise<Enrolment | null> {
    const found = this.state().enrolments.get(id);
    return found?.organizationId === organizationId ? found : null;
  }

  async findByHash(tokenHash: string): Promise<Enrolment | null> {
    const all = [...this.state().enrolments.values()];
    return all.find((enrolment) => enrolment.tokenHash === tokenHash) ?? null;
  }

  async list(filter: EnrolmentFilter, page: PageRequest): Promise<readonly Enrolment[]> {
    const { organizationId, state, at } = filter;
    return [...this.state().enrolments.values()]
      .filter((enrolment) => enrolment.organizationId === organizationId)
      .filter((enrolment) => state === undefined || enrolmentStateAt(enrolment, at) === state)
      .filter(({ id }) => page.after === undefined || id > page.after)
      .sort(byId)
      .slice(0, page.limit);
  }
}

export class MemoryEnrolmentStore extends MemoryEnrolmentReader implements EnrolmentStore {
  async insert(enrolment: Enrolment): Promise<void> {
    this.state().enrolments.set(enrolment.id, enrolment);
  }

  async lock(id: EnrolmentId): Promise<Enrolment | null> {
    return this.state().enrolments.get(id) ?? null;
  }

  async update({ id, state, request, agentId, reason }: Enrolment): Promise<void> {
    const former = this.state().enrolments.get(id);
    if (former === undefined) return;
    this.state().enrolments.set(id, { ...former, state, request, agentId, reason });
  }
}

export class MemoryTemplateReader implements TemplateReader {
  protected readonly state: StateSource;

  constructor(state: StateSource) {
    this.state = state;
  }

  async findByName(organizationId: OrganizationId, name: string): Promise<Template | null> {
    const all = await this.list(organizationId, { limit: Number.POSITIVE_INFINITY });
    return all.find((template) => template.name === name) ?? null;
  }

  async list(organizationId: OrganizationId, page: PageRequest): Promise<readonly Template[]> {
    return [...this.state().templates.values()]
      .filter((template) => template.organizationId === organizationId)
      .filter(({ id }) => page.after === undefined || id > page.after)
      .sort(byId)
      .slice(0, page.limit);
  }
}

export class MemoryTemplateStore extends MemoryTemplateReader implements TemplateStore {
  async insert(template: Template): Promise<void> {
    const { organizationId, name } = template;
    if ((await this.findByName(organizationId, name)) !== null) {
      throw new SealwrightError('template-name-taken', `There is a template ${name} already.`);
    }
    this.state().templates.set(template.id, template);
  }

  async lockByName(organizationId: OrganizationId, name: string): Promise<Template | null> {
    return this.findByName(organizationId, name);
  }

  async update({ id, kind, defaults, credentials, approval, updatedAt }: Template): Promise<void> {
    const former = this.state().templates.get(id);
    if (former === undefined) return;
    const content = { kind, defaults, credentials, approval, updatedAt };
    this.state().templates.set(id, { ...former, ...content });
  }

  async delete(id: TemplateId): Promise<void> {
    this.state().templates.delete(id);
  }
}
