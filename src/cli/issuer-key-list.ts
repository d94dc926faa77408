import { textIn } from './api-client.ts';
import type { Command } from './command.ts';
import { issuerKeysPath, nextStepIn } from './issuer-key.ts';
import { renderTable } from './paint.ts';
import { serverOption } from './server-option.ts';

/** Oldest first, without those that are destroyed. */
export const issuerKeyList: Command = {
  words: 'issuer-key list',
  summary: "list the organization's signing keys, and what comes next for each",
  example: 'issuer-key list',
  options: [serverOption],
  run: async (call) => {
    const keys = await call.api().list({ method: 'GET', path: issuerKeysPath });
    return call.print(keys, () =>
      renderTable(
        ['ID', 'STATE', 'SINCE', 'LISTED UNTIL', 'REVOKED', 'NEXT'],
        keys.map((key) => [
          ...['id', 'state', 'since', 'listedUntil', 'revokedAt'].map((name) => textIn(key, name)),
          nextStepIn(key),
        ]),
      ),
    );
  },
};
