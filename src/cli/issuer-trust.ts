import { textIn } from './api-client.ts';
import type { Command } from './command.ts';
import { members } from './members.ts';
import { serverOption } from './server-option.ts';

/** In the place of what the issuer was trusted for before. */
export const issuerTrust: Command = {
  words: 'issuer trust',
  summary: 'trust an outside issuer for credentials that are imported',
  example: 'issuer trust did:web:assessor.example --type AgentComplianceCredential',
  arguments: [{ form: '<did>', help: 'the issuer' }],
  options: [
    { form: '--type <type>', help: 'a credential type', required: true, repeated: true },
    serverOption,
  ],
  run: async (call) => {
    const body = members({ issuer: call.argument(0), credentialTypes: call.list('type') });
    const trusted = await call.api().call({ method: 'POST', path: '/trusted-issuers', body });
    return call.print(trusted, () => `${textIn(trusted, 'issuer')} is trusted\n`);
  },
};
