import type { Command } from './command.ts';
import { serverOption } from './server-option.ts';

/** What was imported of the issuer counts for nothing any more. */
export const issuerDistrust: Command = {
  words: 'issuer distrust',
  summary: 'trust an outside issuer no longer',
  example: 'issuer distrust did:web:assessor.example',
  arguments: [{ form: '<did>', help: 'the issuer' }],
  options: [serverOption],
  run: async (call) => {
    const issuer = call.argument(0);
    const path = `/trusted-issuers/${encodeURIComponent(issuer)}`;
    await call.api().call({ method: 'DELETE', path });
    return call.print({ issuer, trusted: false }, () => `${issuer} is trusted no longer\n`);
  },
};
