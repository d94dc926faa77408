import { z } from 'zod';
import { changedKeysAnswer, keysAnswer } from './agent-answers.ts';
import { created, ok } from './answer.ts';
import { anyJson, noInput, reasonInput } from './input.ts';
import { viewChangedKeys, viewKeys } from './key-view.ts';
import { type Call, type Route, route } from './route.ts';

const rotateInput = z.strictObject({ jwk: anyJson.optional(), overlap: z.string().optional() });
const compromiseInput = z.strictObject({ reason: z.string(), jwk: anyJson.optional() });

/** The calls about the keys of agents. */
export const keyRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/agents/:target/keys',
    scope: 'agents:read',
    servesNarrowTokens: true,
    input: noInput,
    summary: 'List the keys of an agent',
    answers: { 200: keysAnswer },
    refuses: ['agent-not-found'],
    run: (call) => call.ports.registry.listAgentKeys(agentOf(call)),
    view: (keys) => ok(viewKeys(keys)),
  }),
  route({
    method: 'POST',
    path: '/agents/:target/keys',
    scope: 'keys:write',
    servesNarrowTokens: true,
    input: rotateInput,
    summary: 'Rotate the key of an agent',
    answers: { 201: changedKeysAnswer },
    refuses: ['agent-not-found', 'agent-wrong-state', 'rotation-under-way', 'key-not-usable'],
    run: (call, input) => call.ports.registry.rotateAgentKey({ ...agentOf(call), ...input }),
    view: (keys, call) => created(call.path, viewChangedKeys(keys)),
  }),
  route({
    method: 'POST',
    path: '/agents/:target/keys/:part/retire',
    scope: 'keys:write',
    servesNarrowTokens: true,
    input: reasonInput,
    summary: 'End the overlap of a rotation early',
    answers: { 200: keysAnswer },
    refuses: ['agent-not-found', 'key-not-found', 'key-wrong-state'],
    run: (call, input) => call.ports.registry.retireAgentKey({ ...keyOf(call), ...input }),
    view: (keys) => ok(viewKeys(keys)),
  }),
  route({
    method: 'POST',
    path: '/agents/:target/keys/:part/compromise',
    scope: 'keys:write',
    servesNarrowTokens: true,
    input: compromiseInput,
    summary: 'Give up a key that is no secret any more',
    answers: { 200: changedKeysAnswer },
    refuses: [
      'agent-not-found',
      'agent-wrong-state',
      'key-not-found',
      'key-wrong-state',
      'key-not-usable',
    ],
    run: (call, input) => call.ports.registry.compromiseAgentKey({ ...keyOf(call), ...input }),
    view: (keys) => ok(viewChangedKeys(keys)),
  }),
];

function agentOf(call: Call) {
  return { ...call.caller, handle: call.target };
}

function keyOf(call: Call) {
  return { ...agentOf(call), thumbprint: call.part };
}
