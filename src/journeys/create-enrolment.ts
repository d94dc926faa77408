import type { AgentReader } from '../agents/agent-store.ts';
import {
  type Enrolment,
  hashEnrolmentToken,
  mintEnrolmentToken,
  type OrderedAgent,
} from '../enrolments/enrolment.ts';
import type { Template } from '../enrolments/template.ts';
import type { TemplateReader } from '../enrolments/template-store.ts';
import { addDuration } from '../kernel/duration.ts';
import { newId } from '../kernel/new-id.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import { type DraftAgentDeps, draftAgent } from './enrol-agent.ts';
import type { CreatedEnrolment, CreateEnrolmentInput } from './enrolment-cases.ts';
import { fillFromTemplate } from './fill-from-template.ts';
import { findTemplate } from './find-template.ts';
import { agentInputOf } from './ordered-agent.ts';
import type { PapersDeps } from './papers.ts';
import { checkMayOnboard, teamWithin } from './reach.ts';

const defaultLife = 'PT24H';
const mostLife = 'P30D';

/** What says whether the agent could be onboarded as ordered, and no signer. */
export interface CreateEnrolmentDeps extends Pick<PapersDeps, 'work'>, DraftAgentDeps {
  readonly agents: AgentReader;
  readonly templates: TemplateReader;
}

/**
 * Records what an agent is to be, and gives out the one-time token by which it gets its identity.
 * An order that could not be carried out is refused now rather than when the agent comes.
 */
export async function createEnrolment(
  deps: CreateEnrolmentDeps,
  input: CreateEnrolmentInput,
): Promise<CreatedEnrolment> {
  checkMayOnboard(input.reach);
  const at = deps.clock.now();
  const template =
    input.template === undefined
      ? null
      : await findTemplate(deps, { ...input, name: input.template });
  const token = mintEnrolmentToken();
  const enrolment: Enrolment = {
    id: newId('enr', at),
    organizationId: input.organizationId,
    state: 'open',
    tokenHash: hashEnrolmentToken(token),
    handle: input.handle ?? null,
    template: template?.name ?? null,
    needsApproval: template?.approval === true || input.approval === true,
    order: orderOf(input, template),
    request: null,
    agentId: null,
    reason: null,
    createdAt: at,
    expiresAt: endOf(at, input.expiresIn ?? defaultLife),
  };
  await checkOrder(deps, enrolment, at);
  await record(deps, enrolment, input);
  const { organization } = await deps.issuers.find(input.organizationId);
  return { enrolment, token, audience: organization.baseUrl };
}

function orderOf(input: CreateEnrolmentInput, template: Template | null): OrderedAgent {
  const filled = fillFromTemplate(input, template);
  const { name, description, version, logoUri, expiresAt } = input;
  const lifetime = template?.defaults.expiresIn;
  return {
    ...filled,
    ...{ name, description, version, logoUri },
    team: teamWithin(input.reach, filled.team) ?? undefined,
    ...(expiresAt === undefined ? { lifetime } : { endsAt: expiresAt.toISOString() }),
    credentials: [...(template?.credentials ?? []), ...(input.credentials ?? [])],
  };
}

function endOf(at: Date, expiresIn: string): Date {
  const end = addDuration(at, expiresIn);
  const latest = addDuration(at, mostLife);
  if (end !== null && latest !== null && end > at && end <= latest) return end;
  throw new SealwrightError('invalid-input', 'The token would not live as asked.', {
    faults: [{ pointer: '/expiresIn', detail: `must be a duration up to ${mostLife}` }],
  });
}

/** The shortest handle stands in for one that only the agent knows. */
async function checkOrder(
  deps: CreateEnrolmentDeps,
  enrolment: Enrolment,
  at: Date,
): Promise<void> {
  const { handle, organizationId } = enrolment;
  const named = { handle: handle ?? 'aa', name: handle ?? 'aa' };
  await draftAgent(deps, {
    ...agentInputOf(enrolment, named, at),
    key: { custody: 'registry' },
  });
  if (handle === null || (await deps.agents.findByHandle(organizationId, handle)) === null) return;
  throw new SealwrightError('handle-taken', `The handle ${handle} is, or was, in use.`);
}

async function record(
  deps: CreateEnrolmentDeps,
  enrolment: Enrolment,
  { actor }: CreateEnrolmentInput,
): Promise<void> {
  const { organizationId, id, handle, template, needsApproval, order, expiresAt } = enrolment;
  await deps.work.run(async (stores) => {
    await stores.enrolments.insert(enrolment);
    await stores.audit.append([
      {
        organizationId,
        actor,
        action: 'enrolment.created',
        subject: id,
        reason: null,
        details: {
          handle,
          template,
          needsApproval,
          kind: order.kind,
          owners: order.owners,
          credentials: order.credentials.map(({ type }) => type),
          expiresAt: expiresAt.toISOString(),
        },
      },
    ]);
  });
}
