import type { Command } from './command.ts';
import { printCredential } from './credential-get.ts';
import { reasonOption, serverOption } from './server-option.ts';

/** The former credential is not revoked: it runs out by itself. */
export const credentialRenew: Command = {
  words: 'credential renew',
  summary: 'issue a successor with the same claims',
  example: 'credential renew crd_01k… --reason "yearly review"',
  arguments: [{ form: '<id>', help: 'the credential' }],
  options: [reasonOption, serverOption],
  run: async (call) => {
    const path = `/credentials/${encodeURIComponent(call.argument(0))}/renew`;
    const body = { reason: call.text('reason') ?? '' };
    return printCredential(call, await call.api().call({ method: 'POST', path, body }));
  },
};
