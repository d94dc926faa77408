import { z } from 'zod';
import type { Agent } from '../agents/agent.ts';
import { type Enrolment, type EnrolmentId, enrolmentStateAt } from '../enrolments/enrolment.ts';
import { identityAnswer } from './agent-answers.ts';
import { agentMembers, kind } from './agent-input.ts';
import { type Answer, created, listed, noContent, ok } from './answer.ts';
import { pageOf } from './answer-schemas.ts';
import { enrolmentAnswer, newEnrolmentAnswer, waitingAnswer } from './enrolment-answers.ts';
import { anyJson, moment, noInput, reasonInput, withoutUndefined } from './input.ts';
import { pageMembers, readPage } from './page.ts';
import { type Call, openRoute, type Route, route } from './route.ts';

const enrolmentInput = z.strictObject({
  ...agentMembers,
  handle: z.string().optional(),
  name: z.string().optional(),
  kind: kind.optional(),
  owners: z.array(z.string()).optional(),
  template: z.string().optional(),
  approval: z.boolean().optional(),
  expiresAt: moment.optional(),
  expiresIn: z.string().optional(),
});

const filterInput = z.strictObject({
  ...pageMembers,
  state: z
    .enum(['open', 'awaiting-approval', 'enrolled', 'rejected', 'withdrawn', 'expired'])
    .optional(),
});

const enrolInput = z.strictObject({
  token: z.string().max(512),
  jwk: anyJson,
  proof: z.string(),
  handle: z.string().optional(),
  name: z.string().optional(),
});

/** The calls about enrolments, by those who invite agents and decide about them. */
export const enrolmentRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/enrolments',
    scope: 'agents:write',
    input: enrolmentInput,
    summary: 'Invite an agent to enrol',
    answers: { 201: newEnrolmentAnswer },
    refuses: [
      'template-not-found',
      'handle-taken',
      'credential-type-unknown',
      'claims-invalid',
      'client-id-too-long',
    ],
    run: ({ ports, caller }, input) => ports.registry.createEnrolment({ ...caller, ...input }),
    view: ({ enrolment, token, audience }, call) =>
      created(`${call.path}/${enrolment.id}`, {
        ...viewEnrolment(enrolment, call.ports.clock.now()),
        token,
        audience,
      }),
  }),
  route({
    method: 'GET',
    path: '/enrolments',
    scope: 'agents:read',
    input: filterInput,
    summary: 'List enrolments',
    answers: { 200: pageOf(enrolmentAnswer) },
    run: ({ ports, caller }, { limit, cursor, state }) => {
      const { organizationId } = caller;
      const filter = withoutUndefined({ organizationId, state, at: ports.clock.now() });
      return readPage({ limit, cursor }, (page) => ports.registry.listEnrolments(filter, page));
    },
    view: (page, call) =>
      listed(page, call, (enrolment) => viewEnrolment(enrolment, call.ports.clock.now())),
  }),
  route({
    method: 'GET',
    path: '/enrolments/:target',
    scope: 'agents:read',
    input: noInput,
    summary: 'Read an enrolment',
    answers: { 200: enrolmentAnswer },
    refuses: ['enrolment-not-found'],
    run: (call) => call.ports.registry.findEnrolment(enrolmentOf(call)),
    view: show,
  }),
  route({
    method: 'POST',
    path: '/enrolments/:target/approve',
    scope: 'agents:write',
    input: noInput,
    summary: 'Approve an agent that waits',
    answers: { 200: enrolmentAnswer },
    refuses: ['enrolment-not-found', 'enrolment-wrong-state', 'handle-taken', 'key-not-usable'],
    run: (call) => call.ports.registry.approveEnrolment(enrolmentOf(call)),
    view: show,
  }),
  route({
    method: 'POST',
    path: '/enrolments/:target/reject',
    scope: 'agents:write',
    input: reasonInput,
    summary: 'Reject an agent that waits',
    answers: { 200: enrolmentAnswer },
    refuses: ['enrolment-not-found', 'enrolment-wrong-state'],
    run: (call, input) => call.ports.registry.rejectEnrolment({ ...enrolmentOf(call), ...input }),
    view: show,
  }),
  route({
    method: 'DELETE',
    path: '/enrolments/:target',
    scope: 'agents:write',
    input: noInput,
    summary: 'Withdraw an enrolment',
    answers: { 204: null },
    refuses: ['enrolment-not-found', 'enrolment-wrong-state'],
    run: (call) => call.ports.registry.withdrawEnrolment(enrolmentOf(call)),
    view: noContent,
  }),
];

/** The agent's own call: its enrolment token and its key open it. */
export const enrolRoute = openRoute({
  method: 'POST',
  path: '/enrol',
  input: enrolInput,
  summary: 'Enrol with a one-time token and a key of its own',
  answers: { 201: identityAnswer, 202: waitingAnswer },
  refuses: [
    'enrolment-refused',
    'enrolment-proof-invalid',
    'key-not-usable',
    'handle-taken',
    'client-id-too-long',
  ],
  run: ({ ports, from }, input) => ports.registry.enrolWithToken({ ...input, from }),
  view: (outcome): Answer =>
    outcome.state === 'enrolled'
      ? { status: 201, body: viewIdentity(outcome.agent), headers: {} }
      : { status: 202, body: viewWaiting(outcome.enrolment), headers: { 'Retry-After': '5' } },
});

function enrolmentOf(call: Call) {
  return { ...call.caller, id: call.target as EnrolmentId };
}

function show(enrolment: Enrolment, call: Call): Answer {
  return ok(viewEnrolment(enrolment, call.ports.clock.now()));
}

/** An enrolment without its token, which was shown once, and without its hash. */
function viewEnrolment(enrolment: Enrolment, at: Date) {
  const { id, handle, template, needsApproval, order, request, agentId, reason } = enrolment;
  return {
    id,
    state: enrolmentStateAt(enrolment, at),
    handle: request?.handle ?? handle,
    kind: order.kind,
    name: order.name ?? request?.name ?? null,
    owners: order.owners,
    team: order.team ?? null,
    tags: order.tags ?? [],
    template,
    approval: needsApproval,
    credentials: order.credentials.map(({ type }) => type),
    key: request?.thumbprint ?? null,
    requestedAt: request?.at.toISOString() ?? null,
    agent: agentId,
    reason,
    createdAt: enrolment.createdAt.toISOString(),
    expiresAt: enrolment.expiresAt.toISOString(),
  };
}

/** What the agent has to know about itself; who owns it is not among that. */
function viewIdentity({ id, handle, kind, name, state, did, clientId }: Agent) {
  const base = clientId.slice(0, -'/client.json'.length);
  return {
    ...{ id, handle, kind, name, state, did, clientId, jwksUri: `${base}/jwks.json` },
    documents: {
      page: base,
      client: clientId,
      did: `${base}/did.json`,
      jwks: `${base}/jwks.json`,
      credentials: `${base}/credentials`,
    },
  };
}

function viewWaiting({ id, expiresAt }: Enrolment) {
  return { enrolment: id, state: 'awaiting-approval', expiresAt: expiresAt.toISOString() };
}
