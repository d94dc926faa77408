import type { JsonObject } from '../protocol/strict-json.ts';
import { textIn } from './api-client.ts';
import type { Command, Invocation } from './command.ts';
import { countOf } from './count-of.ts';
import { members } from './members.ts';
import { serverOption } from './server-option.ts';

/** A rule is watched: it changes nothing by itself. */
export const ruleAdd: Command = {
  words: 'rule add',
  summary: 'add a rule: which agents must have what',
  example:
    'rule add --name prod-logs --when-resource "logs/*" --require-standard "ISO/IEC 27001:2022"',
  options: [
    { form: '--name <text>', help: 'what it is called', required: true },
    { form: '--when-action <action>', help: 'for agents that may do this' },
    { form: '--when-resource <resource>', help: 'to this, or below a prefix that ends in /*' },
    {
      form: '--when-kind <kind>',
      help: 'for agents of this kind',
      choices: ['agent', 'mcp-server', 'mcp-client'],
    },
    { form: '--when-team <team>', help: 'for agents of this team' },
    { form: '--when-tag <tag>', help: 'for agents with this tag' },
    { form: '--require-standard <edition>', help: 'an attestation of this standard' },
    { form: '--require-framework <uri>', help: 'an attestation of this framework' },
    { form: '--require-model-approved-by <policy>', help: 'a model approved under this policy' },
    { form: '--require-imported-from <did>', help: 'an accepted credential of this issuer' },
    { form: '--require-owners <count>', help: 'at least so many owners who are still there' },
    serverOption,
  ],
  run: async (call) => {
    const body = { name: call.text('name') ?? '', when: whenOf(call), require: requireOf(call) };
    const rule = await call.api().call({ method: 'POST', path: '/rules', body });
    return call.print(rule, () => `${textIn(rule, 'id')}  ${textIn(rule, 'name')}\n`);
  },
};

function whenOf(call: Invocation): JsonObject {
  return members({
    action: call.text('whenAction'),
    resource: call.text('whenResource'),
    kind: call.text('whenKind'),
    team: call.text('whenTeam'),
    tag: call.text('whenTag'),
  });
}

function requireOf(call: Invocation): JsonObject {
  const attestation = members({
    standard: call.text('requireStandard'),
    framework: call.text('requireFramework'),
  });
  return members({
    attestation: Object.keys(attestation).length === 0 ? undefined : attestation,
    modelApprovedBy: call.text('requireModelApprovedBy'),
    importedFrom: call.text('requireImportedFrom'),
    owners: countOf(call.text('requireOwners'), '--require-owners'),
  });
}
