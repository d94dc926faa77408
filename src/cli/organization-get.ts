import type { JsonObject } from '../protocol/strict-json.ts';
import { textIn } from './api-client.ts';
import type { Command } from './command.ts';
import { serverOption } from './server-option.ts';

export const organizationGet: Command = {
  words: 'organization get',
  summary: 'show the organization of the token',
  example: 'organization get',
  options: [serverOption],
  run: async (call) => {
    const organization = await call.api().call({ method: 'GET', path: '/organization' });
    return call.print(organization, () => renderOrganization(organization));
  },
};

/** An organization for people. */
export function renderOrganization(organization: JsonObject): string {
  const lines = [
    `${textIn(organization, 'name')} (${textIn(organization, 'id')})`,
    `  base URL  ${textIn(organization, 'baseUrl')}`,
    `  DID       ${textIn(organization, 'did')}`,
    `  contact   ${textIn(organization, 'contact')}`,
    `  since     ${textIn(organization, 'createdAt')}`,
  ];
  return `${lines.join('\n')}\n`;
}
