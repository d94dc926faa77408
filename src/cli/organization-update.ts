import type { Command } from './command.ts';
import { members } from './members.ts';
import { renderOrganization } from './organization-get.ts';
import { serverOption } from './server-option.ts';

/** Its base URL stays: it is in the name of every agent. */
export const organizationUpdate: Command = {
  words: 'organization update',
  summary: 'change the name or the contact of the organization of the token',
  example: 'organization update --contact security@acme.com',
  options: [
    { form: '--name <text>', help: 'what it is called' },
    { form: '--contact <mailbox>', help: 'stands in the documents of its agents' },
    serverOption,
  ],
  run: async (call) => {
    const body = members({ name: call.text('name'), contact: call.text('contact') });
    const changed = await call.api().call({ method: 'PATCH', path: '/organization', body });
    return call.print(changed, () => renderOrganization(changed));
  },
};
