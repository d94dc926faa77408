import type { JsonObject } from '../protocol/strict-json.ts';
import { textIn } from './api-client.ts';
import type { Command } from './command.ts';
import { renderTable } from './paint.ts';
import { serverOption } from './server-option.ts';

/** Revoked and expired tokens are listed too: they explain records of the audit trail. */
export const tokenList: Command = {
  words: 'token list',
  summary: 'list tokens, without their texts',
  example: 'token list',
  options: [serverOption],
  run: async (call) => {
    const tokens = await call.api().list({ method: 'GET', path: '/tokens' });
    return call.print(tokens, () =>
      renderTable(['ID', 'NAME', 'SCOPES', 'EXPIRES', 'REVOKED'], tokens.map(rowOf)),
    );
  },
};

function rowOf(token: JsonObject): readonly string[] {
  const scopes = Array.isArray(token['scopes']) ? token['scopes'].map(String) : [];
  return [
    textIn(token, 'id'),
    textIn(token, 'name'),
    scopes.join(' '),
    textIn(token, 'expiresAt'),
    textIn(token, 'revokedAt'),
  ];
}
