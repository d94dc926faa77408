import { z } from 'zod';
import type { Agent } from '../agents/agent.ts';
import type { KeyOrder } from '../journeys/registry.ts';
import type { JsonValue } from '../protocol/strict-json.ts';
import { agentAnswer, documentAnswer, enrolledAnswer, lintedAnswer } from './agent-answers.ts';
import { agentMembers, kind } from './agent-input.ts';
import {
  agentTag,
  tagged,
  viewAgent,
  viewDocument,
  viewEnrolled,
  viewLinted,
} from './agent-view.ts';
import { created, listed, ok } from './answer.ts';
import { pageOf } from './answer-schemas.ts';
import { permitsChange } from './entity-tag.ts';
import { anyJson, moment, noInput, reasonInput, withoutUndefined } from './input.ts';
import { pageMembers, readPage } from './page.ts';
import { type Call, type Route, route } from './route.ts';

const state = z.enum(['pending', 'active', 'suspended', 'retired']);
const texts = z.array(z.string());

/** What `superRefine` below asks for, in the words of JSON Schema. */
const enrolRules = {
  not: { required: ['jwk', 'keyCustody'] },
  anyOf: [
    { required: ['template'] },
    { required: ['kind', 'owners'], anyOf: [{ required: ['jwk'] }, { required: ['keyCustody'] }] },
  ],
};

const enrolInput = z
  .strictObject({
    handle: z.string(),
    kind: kind.optional(),
    name: z.string(),
    owners: texts.optional(),
    template: z.string().optional(),
    ...agentMembers,
    jwk: anyJson.optional(),
    keyCustody: z.enum(['issued', 'registry']).optional(),
    expiresAt: moment.optional(),
  })
  .superRefine(({ jwk, keyCustody, template, kind: given, owners }, context) => {
    const isAlone = template === undefined;
    const keys = [jwk, keyCustody].filter((key) => key !== undefined).length;
    if (keys > 1 || (keys === 0 && isAlone)) {
      context.addIssue({ code: 'custom', message: 'give exactly one of "jwk" and "keyCustody"' });
    }
    for (const [name, value] of Object.entries({ kind: given, owners })) {
      if (value !== undefined || !isAlone) continue;
      context.addIssue({
        code: 'custom',
        path: [name],
        message: 'must be given without a template',
      });
    }
  })
  .meta(enrolRules)
  .transform(({ jwk, keyCustody, ...profile }) => ({ ...profile, key: keyOf(jwk, keyCustody) }));

function keyOf(
  jwk: JsonValue | undefined,
  keyCustody: 'issued' | 'registry' | undefined,
): KeyOrder | undefined {
  if (jwk !== undefined) return { custody: 'jwk', jwk };
  return keyCustody === undefined ? undefined : { custody: keyCustody };
}

const changesInput = z.strictObject({
  name: z.string().optional(),
  description: z.string().nullable().optional(),
  owners: texts.optional(),
  team: z.string().nullable().optional(),
  tags: texts.optional(),
  version: z.string().nullable().optional(),
  redirectUris: texts.optional(),
  grantTypes: agentMembers.grantTypes,
  logoUri: z.string().nullable().optional(),
  profiles: agentMembers.profiles,
  expiresAt: moment.optional(),
});

const filterInput = z.strictObject({
  ...pageMembers,
  state: state.optional(),
  kind: kind.optional(),
  team: z.string().optional(),
  tag: z.string().optional(),
  owner: z.string().optional(),
  q: z.string().optional(),
});

/** The calls about agents. */
export const agentRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/agents',
    scope: 'agents:write',
    servesNarrowTokens: true,
    input: enrolInput,
    summary: 'Onboard an agent',
    answers: { 201: enrolledAnswer },
    tagged: true,
    refuses: [
      'handle-taken',
      'client-id-too-long',
      'key-not-usable',
      'template-not-found',
      'document-too-large',
      'document-invalid',
    ],
    run: (call, input) => call.ports.registry.enrolAgent({ ...call.caller, ...input }),
    view: ({ agent, privateJwk }, call) =>
      tagged(agent, created(`${call.path}/${agent.handle}`, viewEnrolled(agent, privateJwk))),
  }),
  route({
    method: 'GET',
    path: '/agents',
    scope: 'agents:read',
    servesNarrowTokens: true,
    input: filterInput,
    summary: 'List agents',
    answers: { 200: pageOf(agentAnswer) },
    run: ({ ports, caller }, { limit, cursor, q, ...filter }) => {
      const { organizationId, reach } = caller;
      const asked = withoutUndefined({ ...filter, text: q, organizationId, reach });
      return readPage({ limit, cursor }, (page) => ports.registry.listAgents(asked, page));
    },
    view: (page, call) => listed(page, call, viewAgent),
  }),
  route({
    method: 'GET',
    path: '/agents/:target',
    scope: 'agents:read',
    servesNarrowTokens: true,
    input: noInput,
    summary: 'Read an agent',
    answers: { 200: lintedAnswer },
    tagged: true,
    refuses: ['agent-not-found'],
    run: async (call) => {
      const { registry } = call.ports;
      const agent = await registry.findAgent(agentOf(call));
      return { agent, lint: await registry.findAgentLint(agentOf(call)) };
    },
    view: ({ agent, lint }) => tagged(agent, ok(viewLinted(agent, lint))),
  }),
  route({
    method: 'PATCH',
    path: '/agents/:target',
    scope: 'agents:write',
    servesNarrowTokens: true,
    input: changesInput,
    summary: 'Change the profile of an agent',
    answers: { 200: agentAnswer },
    refuses: [
      'agent-not-found',
      'agent-wrong-state',
      'client-id-too-long',
      'document-too-large',
      'document-invalid',
    ],
    tagged: true,
    run: (call, changes) => call.ports.registry.updateAgent({ ...agentAsRead(call), changes }),
    view: (agent) => tagged(agent, ok(viewAgent(agent))),
  }),
  route({
    method: 'GET',
    path: '/agents/:target/documents',
    scope: 'agents:read',
    servesNarrowTokens: true,
    input: noInput,
    summary: 'List the versions of its public documents',
    answers: { 200: pageOf(documentAnswer) },
    refuses: ['agent-not-found'],
    run: (call) => call.ports.registry.listAgentDocuments(agentOf(call)),
    view: (documents) => ok({ data: documents.map(viewDocument), next: null }),
  }),
  route({
    method: 'POST',
    path: '/agents/:target/suspend',
    scope: 'agents:write',
    servesNarrowTokens: true,
    input: reasonInput,
    summary: 'Suspend an agent',
    answers: { 200: agentAnswer },
    refuses: ['agent-not-found', 'agent-wrong-state'],
    tagged: true,
    run: (call, input) => call.ports.registry.suspendAgent({ ...agentAsRead(call), ...input }),
    view: (agent) => tagged(agent, ok(viewAgent(agent))),
  }),
  route({
    method: 'POST',
    path: '/agents/:target/resume',
    scope: 'agents:write',
    servesNarrowTokens: true,
    input: reasonInput,
    summary: 'Resume a suspended agent',
    answers: { 200: agentAnswer },
    refuses: ['agent-not-found', 'agent-wrong-state'],
    tagged: true,
    run: (call, input) => call.ports.registry.resumeAgent({ ...agentAsRead(call), ...input }),
    view: (agent) => tagged(agent, ok(viewAgent(agent))),
  }),
  route({
    method: 'POST',
    path: '/agents/:target/retire',
    scope: 'agents:write',
    servesNarrowTokens: true,
    input: reasonInput,
    summary: 'Retire an agent for good',
    answers: { 200: agentAnswer },
    refuses: ['agent-not-found', 'agent-wrong-state'],
    tagged: true,
    run: (call, input) => call.ports.registry.retireAgent({ ...agentAsRead(call), ...input }),
    view: (agent) => tagged(agent, ok(viewAgent(agent))),
  }),
];

function agentOf(call: Call) {
  return { ...call.caller, handle: call.target };
}

/** The agent that a change is about, and as what its caller read it, when they say so. */
function agentAsRead(call: Call) {
  const { ifMatch } = call;
  if (ifMatch === undefined) return agentOf(call);
  const isExpected = (agent: Agent): boolean => permitsChange(ifMatch, agentTag(agent));
  return { ...agentOf(call), isExpected };
}
