import type { AgentId } from '../agents/agent.ts';
import type {
  Enrolment,
  EnrolmentId,
  EnrolmentRequest,
  EnrolmentState,
  OrderedAgent,
} from '../enrolments/enrolment.ts';
import type {
  EnrolmentFilter,
  EnrolmentReader,
  EnrolmentStore,
} from '../enrolments/enrolment-store.ts';
import type { PageRequest } from '../kernel/page.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type { Connection } from './client.ts';
import type { Prisma, Enrolment as Row } from './generated/client.ts';

/** Enrolments, whose tokens the database knows by their hashes alone. */
export class PostgresEnrolmentReader implements EnrolmentReader {
  protected readonly db: Connection;

  constructor(db: Connection) {
    this.db = db;
  }

  async find(organizationId: OrganizationId, id: EnrolmentId): Promise<Enrolment | null> {
    const row = await this.db.enrolment.findFirst({ where: { organizationId, id } });
    return row === null ? null : toEnrolment(row);
  }

  async findByHash(tokenHash: string): Promise<Enrolment | null> {
    const row = await this.db.enrolment.findUnique({ where: { tokenHash } });
    return row === null ? null : toEnrolment(row);
  }

  async list(filter: EnrolmentFilter, page: PageRequest): Promise<readonly Enrolment[]> {
    const rows = await this.db.enrolment.findMany({
      where: {
        AND: [matching(filter), page.after === undefined ? {} : { id: { gt: page.after } }],
      },
      orderBy: { id: 'asc' },
      take: page.limit,
    });
    return rows.map(toEnrolment);
  }
}

/** Whoever locks an enrolment first decides what becomes of it. */
export class PostgresEnrolmentStore extends PostgresEnrolmentReader implements EnrolmentStore {
  async insert(enrolment: Enrolment): Promise<void> {
    const { order, request, ...columns } = enrolment;
    await this.db.enrolment.create({
      data: { ...columns, order: JSON.stringify(order), request: textOf(request) },
      select: { id: true },
    });
  }

  async lock(id: EnrolmentId): Promise<Enrolment | null> {
    await this.db.$queryRaw`SELECT id FROM enrolments WHERE id = ${id} FOR NO KEY UPDATE`;
    const row = await this.db.enrolment.findUnique({ where: { id } });
    return row === null ? null : toEnrolment(row);
  }

  async update({ id, state, request, agentId, reason }: Enrolment): Promise<void> {
    const data = { state, request: textOf(request), agentId, reason };
    await this.db.enrolment.updateMany({ where: { id }, data });
  }
}

function matching({ organizationId, state, at }: EnrolmentFilter): Prisma.EnrolmentWhereInput {
  if (state === undefined) return { organizationId };
  if (state === 'expired') {
    const pending = { in: ['open', 'awaiting-approval'] };
    return { organizationId, state: pending, expiresAt: { lte: at } };
  }
  const isPending = state === 'open' || state === 'awaiting-approval';
  return { organizationId, state, ...(isPending ? { expiresAt: { gt: at } } : {}) };
}

function textOf(request: EnrolmentRequest | null): string | null {
  return request === null ? null : JSON.stringify(request);
}

function toEnrolment(row: Row): Enrolment {
  return {
    ...row,
    id: row.id as EnrolmentId,
    organizationId: row.organizationId as OrganizationId,
    state: row.state as EnrolmentState,
    order: JSON.parse(row.order) as OrderedAgent,
    request: row.request === null ? null : toRequest(row.request),
    agentId: row.agentId as AgentId | null,
  };
}

function toRequest(text: string): EnrolmentRequest {
  const request = JSON.parse(text) as Omit<EnrolmentRequest, 'at'> & { readonly at: string };
  return { ...request, at: new Date(request.at) };
}
