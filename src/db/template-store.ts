import type { AgentKind } from '../agents/agent.ts';
import type { OnboardingFacet } from '../enrolments/enrolment.ts';
import type { Template, TemplateDefaults, TemplateId } from '../enrolments/template.ts';
import type { TemplateReader, TemplateStore } from '../enrolments/template-store.ts';
import type { PageRequest } from '../kernel/page.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type { Connection } from './client.ts';
import { refuseDuplicate } from './database-error.ts';
import type { Template as Row } from './generated/client.ts';

/** Templates by name. */
export class PostgresTemplateReader implements TemplateReader {
  protected readonly db: Connection;

  constructor(db: Connection) {
    this.db = db;
  }

  async findByName(organizationId: OrganizationId, name: string): Promise<Template | null> {
    const row = await this.db.template.findUnique({
      where: { organizationId_name: { organizationId, name } },
    });
    return row === null ? null : toTemplate(row);
  }

  async list(organizationId: OrganizationId, page: PageRequest): Promise<readonly Template[]> {
    const rows = await this.db.template.findMany({
      where: { organizationId, ...(page.after === undefined ? {} : { id: { gt: page.after } }) },
      orderBy: { id: 'asc' },
      take: page.limit,
    });
    return rows.map(toTemplate);
  }
}

/** Nothing refers to a template, so one that is deleted leaves no trace but the audit's. */
export class PostgresTemplateStore extends PostgresTemplateReader implements TemplateStore {
  async insert(template: Template): Promise<void> {
    const { id, organizationId, name, createdAt } = template;
    await refuseDuplicate(
      this.db.template.create({
        data: { id, organizationId, name, createdAt, ...toColumns(template) },
        select: { id: true },
      }),
      () => new SealwrightError('template-name-taken', `There is a template ${name} already.`),
    );
  }

  async lockByName(organizationId: OrganizationId, name: string): Promise<Template | null> {
    await this.db.$queryRaw`
      SELECT id FROM templates
       WHERE organization_id = ${organizationId} AND name = ${name} FOR UPDATE`;
    return this.findByName(organizationId, name);
  }

  async update(template: Template): Promise<void> {
    await this.db.template.updateMany({ where: { id: template.id }, data: toColumns(template) });
  }

  async delete(id: TemplateId): Promise<void> {
    await this.db.template.deleteMany({ where: { id } });
  }
}

function toColumns({ kind, defaults, credentials, approval, updatedAt }: Template) {
  return {
    kind,
    defaults: JSON.stringify(defaults),
    credentials: JSON.stringify(credentials),
    approval,
    updatedAt,
  };
}

function toTemplate(row: Row): Template {
  return {
    ...row,
    id: row.id as TemplateId,
    organizationId: row.organizationId as OrganizationId,
    kind: row.kind as AgentKind | null,
    defaults: JSON.parse(row.defaults) as TemplateDefaults,
    credentials: JSON.parse(row.credentials) as readonly OnboardingFacet[],
  };
}
