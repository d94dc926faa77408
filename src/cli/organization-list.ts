import type { JsonObject } from '../protocol/strict-json.ts';
import { textIn } from './api-client.ts';
import type { Command } from './command.ts';
import { renderTable } from './paint.ts';
import { serverOption } from './server-option.ts';

export const organizationList: Command = {
  words: 'organization list',
  summary: 'list the organizations of the installation (platform tokens only)',
  example: 'organization list',
  options: [serverOption],
  run: async (call) => {
    const organizations = await call.api().list({ method: 'GET', path: '/organizations' });
    return call.print(organizations, () =>
      renderTable(['ID', 'NAME', 'BASE URL', 'DID', 'CONTACT'], organizations.map(rowOf)),
    );
  },
};

function rowOf(organization: JsonObject): readonly string[] {
  return ['id', 'name', 'baseUrl', 'did', 'contact'].map((name) => textIn(organization, name));
}
