import type { Command } from './command.ts';
import { printCredential } from './credential-get.ts';
import { members } from './members.ts';
import { readJsonObject } from './read-file.ts';
import { reasonOption, serverOption } from './server-option.ts';

/** Ends once the credential and a passport that reflects it are published. */
export const credentialIssue: Command = {
  words: 'credential issue',
  summary: 'issue a credential, and with it a new passport',
  example:
    'credential issue billing-bot --type allowed-actions --claims actions.json --reason CHG-4711',
  arguments: [{ form: '<handle>', help: 'the agent' }],
  options: [
    {
      form: '--type <type>',
      help: 'compliance, provenance, allowed-actions, or one of your own',
      required: true,
    },
    {
      form: '--claims <file>',
      help: 'a JSON object; "-" reads standard input',
      required: true,
    },
    reasonOption,
    {
      form: '--visibility <visibility>',
      help: 'public, or presented by its holder on request',
      choices: ['public', 'on-request'],
    },
    { form: '--valid-for <duration>', help: 'such as P90D' },
    { form: '--valid-until <moment>', help: 'such as 2027-02-18T12:00:00Z; it is not renewed' },
    {
      form: '--no-renew',
      help: 'let it run out: it is renewed at two thirds of its life otherwise',
    },
    serverOption,
  ],
  run: async (call) => {
    const body = members({
      type: call.text('type'),
      claims: await readJsonObject(call.text('claims') ?? '-', call.terminal),
      reason: call.text('reason'),
      visibility: call.text('visibility'),
      validFor: call.text('validFor'),
      validUntil: call.text('validUntil'),
      renew: call.refused('renew') ? false : undefined,
    });
    const path = `/agents/${encodeURIComponent(call.argument(0))}/credentials`;
    return printCredential(call, await call.api().call({ method: 'POST', path, body }));
  },
};
