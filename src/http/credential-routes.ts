import { z } from 'zod';
import type { Agent } from '../agents/agent.ts';
import type { Credential, CredentialId } from '../credentials/credential.ts';
import type { ChangeCredentialInput, ChangedCredential } from '../journeys/registry.ts';
import { created, listed, ok } from './answer.ts';
import { pageOf } from './answer-schemas.ts';
import { changeAnswer, credentialAnswer, wholeCredentialAnswer } from './credential-answers.ts';
import {
  type ShownCredential,
  viewChange,
  viewCredential,
  viewWholeCredential,
} from './credential-view.ts';
import {
  anyJson,
  credentialType,
  moment,
  noInput,
  reasonInput,
  withoutUndefined,
} from './input.ts';
import { pageMembers, readPage } from './page.ts';
import { type Call, type Route, route } from './route.ts';

const credentialsPath = '/api/v1/credentials';

const issueInput = z.strictObject({
  type: z.string(),
  claims: anyJson,
  reason: z.string(),
  visibility: z.enum(['public', 'on-request']).optional(),
  validFor: z.string().optional(),
  validUntil: moment.optional(),
  renew: z.boolean().optional(),
});

const filterInput = z.strictObject({
  ...pageMembers,
  agent: z.string().optional(),
  type: credentialType.optional(),
  state: z.enum(['intended', 'abandoned', 'active', 'suspended', 'revoked', 'expired']).optional(),
  expiresBefore: moment.optional(),
});

/** The calls about credentials. */
export const credentialRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/agents/:target/credentials',
    scope: 'credentials:issue',
    servesNarrowTokens: true,
    input: issueInput,
    summary: 'Issue a credential and a new passport',
    answers: { 201: wholeCredentialAnswer },
    refuses: [
      'agent-not-found',
      'agent-wrong-state',
      'credential-type-unknown',
      'claims-invalid',
      'document-too-large',
      'document-invalid',
    ],
    run: async (call, input) => {
      const order = { ...call.caller, ...input, handle: call.target };
      return show(call, await call.ports.registry.issueCredential(order));
    },
    view: viewCreated,
  }),
  route({
    method: 'GET',
    path: '/credentials',
    scope: 'agents:read',
    servesNarrowTokens: true,
    input: filterInput,
    summary: 'List credentials',
    answers: { 200: pageOf(credentialAnswer) },
    refuses: ['agent-not-found'],
    run: listCredentials,
    view: (page, call) =>
      listed(page, call, (shown) => viewCredential(shown, call.ports.clock.now())),
  }),
  route({
    method: 'GET',
    path: '/credentials/:target',
    scope: 'agents:read',
    servesNarrowTokens: true,
    input: noInput,
    summary: 'Read a credential',
    answers: { 200: wholeCredentialAnswer },
    refuses: ['credential-not-found'],
    run: async (call) => show(call, await call.ports.registry.findCredential(credentialOf(call))),
    view: (shown, call) => ok(viewWholeCredential(shown, call.ports.clock.now())),
  }),
  route({
    method: 'POST',
    path: '/credentials/:target/renew',
    scope: 'credentials:issue',
    servesNarrowTokens: true,
    input: reasonInput,
    summary: 'Renew a credential with the same claims',
    answers: { 201: wholeCredentialAnswer },
    refuses: [
      'credential-not-found',
      'credential-wrong-state',
      'agent-wrong-state',
      'claims-invalid',
      'document-too-large',
      'document-invalid',
    ],
    run: async (call, input) => {
      const order = { ...credentialOf(call), ...input };
      return show(call, await call.ports.registry.renewCredential(order));
    },
    view: viewCreated,
  }),
  changeRoute('revoke', (call, order) => call.ports.registry.revokeCredential(order)),
  changeRoute('suspend', (call, order) => call.ports.registry.suspendCredential(order)),
  changeRoute('resume', (call, order) => call.ports.registry.resumeCredential(order)),
];

/** The three changes of state have one form: a reason in, the published state out. */
function changeRoute(
  verb: 'revoke' | 'suspend' | 'resume',
  change: (call: Call, order: ChangeCredentialInput) => Promise<ChangedCredential>,
): Route {
  return route({
    method: 'POST',
    path: `/credentials/:target/${verb}`,
    scope: 'credentials:revoke',
    servesNarrowTokens: true,
    input: reasonInput,
    summary: `${verb[0]?.toUpperCase()}${verb.slice(1)} a credential`,
    answers: { 200: changeAnswer },
    refuses: ['credential-not-found', 'credential-wrong-state'],
    run: (call, { reason }) => change(call, { ...credentialOf(call), reason }),
    view: (changed, call) => ok(viewChange(changed, call.ports.clock.now())),
  });
}

async function listCredentials(call: Call, input: z.output<typeof filterInput>) {
  const { ports, caller } = call;
  const { limit, cursor, agent: handle, ...filter } = input;
  const agent =
    handle === undefined ? undefined : await ports.registry.findAgent({ ...caller, handle });
  const asked = withoutUndefined({
    ...filter,
    agentId: agent?.id,
    organizationId: caller.organizationId,
    reach: caller.reach,
    at: ports.clock.now(),
  });
  const page = await readPage({ limit, cursor }, (slice) =>
    ports.registry.listCredentials(asked, slice),
  );
  const ids = [...new Set(page.rows.map(({ agentId }) => agentId))];
  const agents = await ports.registry.findAgents(ids);
  const rows = page.rows.map((credential) => ({ credential, agent: holderOf(credential, agents) }));
  return { rows, next: page.next };
}

async function show(call: Call, credential: Credential): Promise<ShownCredential> {
  const { registry } = call.ports;
  const [agents, url] = await Promise.all([
    registry.findAgents([credential.agentId]),
    registry.credentialUrl(credential),
  ]);
  return { credential, url, agent: holderOf(credential, agents) };
}

function holderOf({ id, agentId }: Credential, agents: readonly Agent[]): Agent {
  const agent = agents.find((one) => one.id === agentId);
  if (agent === undefined) throw new TypeError(`The credential ${id} has no agent.`);
  return agent;
}

function viewCreated(shown: ShownCredential, call: Call) {
  const location = `${credentialsPath}/${shown.credential.id}`;
  return created(location, viewWholeCredential(shown, call.ports.clock.now()));
}

/** The id is what the caller says; the registry finds it in the caller's organization, or not. */
function credentialOf(call: Call) {
  return { ...call.caller, id: call.target as CredentialId };
}
