import { z } from 'zod';
import type { KeyOrder } from '../journeys/registry.ts';
import { viewAgent, viewDocument, viewEnrolled, viewLinted } from './agent-view.ts';
import { created, listed, ok } from './answer.ts';
import { anyJson, moment, noInput, reasonInput, withoutUndefined } from './input.ts';
import { pageMembers, readPage } from './page.ts';
import { type Call, type Route, route } from './route.ts';

const kind = z.enum(['agent', 'mcp-server', 'mcp-client']);
const state = z.enum(['pending', 'active', 'suspended', 'retired']);
const texts = z.array(z.string());
const profiles = z.array(z.enum(['strict']));
const grantTypes = z.array(z.enum(['authorization_code', 'client_credentials', 'refresh_token']));

const enrolInput = z
  .strictObject({
    handle: z.string(),
    kind,
    name: z.string(),
    description: z.string().optional(),
    owners: texts,
    team: z.string().optional(),
    tags: texts.optional(),
    version: z.string().optional(),
    redirectUris: texts.optional(),
    grantTypes: grantTypes.optional(),
    logoUri: z.string().optional(),
    profiles: profiles.optional(),
    jwk: anyJson.optional(),
    keyCustody: z.enum(['issued', 'registry']).optional(),
    expiresAt: moment.optional(),
  })
  .transform(({ jwk, keyCustody, ...profile }, context) => {
    if ((jwk === undefined) === (keyCustody === undefined)) {
      context.addIssue({
        code: 'custom',
        message: 'give exactly one of "jwk" and "keyCustody"',
      });
      return z.NEVER;
    }
    const key: KeyOrder =
      jwk === undefined ? { custody: keyCustody ?? 'issued' } : { custody: 'jwk', jwk };
    return { ...profile, key };
  });

const changesInput = z.strictObject({
  name: z.string().optional(),
  description: z.string().nullable().optional(),
  owners: texts.optional(),
  team: z.string().nullable().optional(),
  tags: texts.optional(),
  version: z.string().nullable().optional(),
  redirectUris: texts.optional(),
  grantTypes: grantTypes.optional(),
  logoUri: z.string().nullable().optional(),
  profiles: profiles.optional(),
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
    input: enrolInput,
    run: (call, input) => call.ports.registry.enrolAgent({ ...call.caller, ...input }),
    view: ({ agent, privateJwk }, call) =>
      created(`${call.path}/${agent.handle}`, viewEnrolled(agent, privateJwk)),
  }),
  route({
    method: 'GET',
    path: '/agents',
    scope: 'agents:read',
    input: filterInput,
    run: ({ ports, caller }, { limit, cursor, q, ...filter }) => {
      const { organizationId } = caller;
      const asked = withoutUndefined({ ...filter, text: q, organizationId });
      return readPage({ limit, cursor }, (page) => ports.registry.listAgents(asked, page));
    },
    view: (page, call) => listed(page, call, viewAgent),
  }),
  route({
    method: 'GET',
    path: '/agents/:target',
    scope: 'agents:read',
    input: noInput,
    run: async (call) => {
      const { registry } = call.ports;
      const agent = await registry.findAgent(agentOf(call));
      return { agent, lint: await registry.findAgentLint(agentOf(call)) };
    },
    view: ({ agent, lint }) => ok(viewLinted(agent, lint)),
  }),
  route({
    method: 'PATCH',
    path: '/agents/:target',
    scope: 'agents:write',
    input: changesInput,
    run: (call, changes) => call.ports.registry.updateAgent({ ...agentOf(call), changes }),
    view: (agent) => ok(viewAgent(agent)),
  }),
  route({
    method: 'GET',
    path: '/agents/:target/documents',
    scope: 'agents:read',
    input: noInput,
    run: (call) => call.ports.registry.listAgentDocuments(agentOf(call)),
    view: (documents) => ok({ data: documents.map(viewDocument), next: null }),
  }),
  route({
    method: 'POST',
    path: '/agents/:target/suspend',
    scope: 'agents:write',
    input: reasonInput,
    run: (call, input) => call.ports.registry.suspendAgent({ ...agentOf(call), ...input }),
    view: (agent) => ok(viewAgent(agent)),
  }),
  route({
    method: 'POST',
    path: '/agents/:target/resume',
    scope: 'agents:write',
    input: reasonInput,
    run: (call, input) => call.ports.registry.resumeAgent({ ...agentOf(call), ...input }),
    view: (agent) => ok(viewAgent(agent)),
  }),
  route({
    method: 'POST',
    path: '/agents/:target/retire',
    scope: 'agents:write',
    input: reasonInput,
    run: (call, input) => call.ports.registry.retireAgent({ ...agentOf(call), ...input }),
    view: (agent) => ok(viewAgent(agent)),
  }),
];

function agentOf(call: Call) {
  return { ...call.caller, handle: call.target };
}
