import { rowsOf, textIn } from './api-client.ts';
import type { Command } from './command.ts';
import { renderTable } from './paint.ts';
import { serverOption } from './server-option.ts';

/** Whose credentials may be imported, and of which types. */
export const issuerList: Command = {
  words: 'issuer list',
  summary: 'list the outside issuers that are trusted',
  example: 'issuer list',
  options: [serverOption],
  run: async (call) => {
    const trusted = rowsOf(await call.api().call({ method: 'GET', path: '/trusted-issuers' }));
    return call.print(trusted, () =>
      renderTable(
        ['ISSUER', 'TYPES'],
        trusted.map((one) => {
          const types = one['credentialTypes'];
          return [textIn(one, 'issuer'), Array.isArray(types) ? types.join(', ') : ''];
        }),
      ),
    );
  },
};
