import type { AuditAction } from '../audit/audit-event.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import { changesBetween } from '../audit/describe-change.ts';
import type { Template, TemplateContent } from '../enrolments/template.ts';
import type { TemplateReader, TemplateStore } from '../enrolments/template-store.ts';
import { newId } from '../kernel/new-id.ts';
import type { PageRequest } from '../kernel/page.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import { checkTemplate, checkTemplateName } from './check-template.ts';
import type { DraftAgentDeps } from './enrol-agent.ts';
import { findTemplate } from './find-template.ts';
import type { Caller } from './registry.ts';

/** One template of the caller's organization. */
export interface TemplateRef extends Caller {
  readonly name: string;
}

/** How kinds of agents are onboarded, decided once for all who onboard them. */
export interface TemplateCases {
  createTemplate(input: TemplateRef & TemplateContent): Promise<Template>;
  findTemplate(input: TemplateRef): Promise<Template>;
  listTemplates(organizationId: OrganizationId, page: PageRequest): Promise<readonly Template[]>;
  /** Only the members present change; each is replaced as a whole. */
  updateTemplate(input: TemplateRef & { readonly changes: TemplateChanges }): Promise<Template>;
  /** What was made by it, enrolments that are out included, stays as it is. */
  deleteTemplate(input: TemplateRef): Promise<void>;
}

/** The members of a template that are to change. */
export type TemplateChanges = {
  readonly [Member in keyof TemplateContent]?: TemplateContent[Member] | undefined;
};

/** What the cases about templates need together. */
export interface TemplateCasesDeps extends DraftAgentDeps {
  readonly work: UnitOfWork<{ readonly templates: TemplateStore; readonly audit: AuditTrail }>;
  readonly templates: TemplateReader;
}

/** Binds the cases to their ports. */
export function bindTemplateCases(deps: TemplateCasesDeps): TemplateCases {
  return {
    createTemplate: (input) => createTemplate(deps, input),
    findTemplate: (input) => findTemplate(deps, input),
    listTemplates: (organizationId, page) => deps.templates.list(organizationId, page),
    updateTemplate: (input) => updateTemplate(deps, input),
    deleteTemplate: (input) => deleteTemplate(deps, input),
  };
}

async function createTemplate(
  deps: TemplateCasesDeps,
  input: TemplateRef & TemplateContent,
): Promise<Template> {
  checkTemplateName(input.name);
  const at = deps.clock.now();
  const { organizationId, name, kind, defaults, credentials, approval } = input;
  const content = { kind, defaults, credentials, approval };
  await checkTemplate(deps, input, content);
  const template: Template = {
    ...{ id: newId('tpl', at), organizationId, name, ...content },
    createdAt: at,
    updatedAt: at,
  };
  await deps.work.run(async (stores) => {
    await stores.templates.insert(template);
    await stores.audit.append([eventOf(template, input, 'template.created')]);
  });
  return template;
}

async function updateTemplate(
  deps: TemplateCasesDeps,
  input: TemplateRef & { readonly changes: TemplateChanges },
): Promise<Template> {
  const found = await findTemplate(deps, input);
  await checkTemplate(deps, input, merged(found, input.changes));
  return deps.work.run(async (stores) => {
    const locked = await stores.templates.lockByName(input.organizationId, input.name);
    if (locked === null) throw gone();
    const content = merged(locked, input.changes);
    const updated: Template = { ...locked, ...content, updatedAt: deps.clock.now() };
    await stores.templates.update(updated);
    const event = eventOf(updated, input, 'template.updated');
    const members = ['kind', 'defaults', 'credentials', 'approval'] as const;
    const changes = changesBetween(locked, updated, members);
    await stores.audit.append([{ ...event, details: { ...event.details, changes } }]);
    return updated;
  });
}

function merged(template: TemplateContent, changes: TemplateChanges): TemplateContent {
  return {
    kind: changes.kind === undefined ? template.kind : changes.kind,
    defaults: changes.defaults ?? template.defaults,
    credentials: changes.credentials ?? template.credentials,
    approval: changes.approval ?? template.approval,
  };
}

async function deleteTemplate(deps: TemplateCasesDeps, input: TemplateRef): Promise<void> {
  await deps.work.run(async (stores) => {
    const locked = await stores.templates.lockByName(input.organizationId, input.name);
    if (locked === null) throw gone();
    await stores.templates.delete(locked.id);
    await stores.audit.append([eventOf(locked, input, 'template.deleted')]);
  });
}

function gone(): SealwrightError {
  return new SealwrightError('template-not-found', 'There is no template of this name.');
}

function eventOf(template: Template, { actor }: Caller, action: AuditAction) {
  const { organizationId, id, name, kind, approval, credentials } = template;
  return {
    organizationId,
    actor,
    action,
    subject: id,
    reason: null,
    details: { name, kind, approval, credentials: credentials.map(({ type }) => type) },
  };
}
