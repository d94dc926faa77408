import type { PageRequest } from '../kernel/page.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type { Template, TemplateId } from './template.ts';

/** Reads templates. */
export interface TemplateReader {
  findByName(organizationId: OrganizationId, name: string): Promise<Template | null>;
  list(organizationId: OrganizationId, page: PageRequest): Promise<readonly Template[]>;
}

/** Writes templates, inside a unit of work. */
export interface TemplateStore extends TemplateReader {
  /** Throws `template-name-taken` when the organization has a template of this name. */
  insert(template: Template): Promise<void>;
  /** Locks the template until the transaction ends, and returns it as it is then. */
  lockByName(organizationId: OrganizationId, name: string): Promise<Template | null>;
  /** Puts kind, defaults, credentials and approval in the place of the former ones. */
  update(template: Template): Promise<void>;
  delete(id: TemplateId): Promise<void>;
}
