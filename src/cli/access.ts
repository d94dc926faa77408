import { isJsonObject, type JsonObject, type JsonValue } from '../protocol/strict-json.ts';
import { rowsOf, textIn } from './api-client.ts';
import type { Command } from './command.ts';
import { renderTable } from './paint.ts';
import { serverOption } from './server-option.ts';

/** Answers from what is recorded now; no papers are verified for it. */
export const access: Command = {
  words: 'access',
  summary: 'say which agents may do something now, and by which credential',
  example: 'access read logs/production',
  arguments: [
    { form: '<action>', help: 'what would be done' },
    { form: '<resource>', help: 'to what' },
  ],
  options: [serverOption],
  run: async (call) => {
    const query = { action: call.argument(0), resource: call.argument(1) };
    const grants = rowsOf(await call.api().call({ method: 'GET', path: '/access', query }));
    return call.print(grants, () =>
      grants.length === 0
        ? 'No agent may do this.\n'
        : renderTable(['AGENT', 'CREDENTIAL', 'UNTIL', 'ISSUER', 'REASON'], grants.map(rowOf)),
    );
  },
};

function rowOf(grant: JsonObject): readonly string[] {
  const agent = objectIn(grant['agent']);
  const credential = objectIn(grant['credential']);
  return [
    textIn(agent, 'handle'),
    textIn(credential, 'id'),
    textIn(credential, 'validUntil'),
    textIn(grant, 'issuer'),
    textIn(grant, 'reason'),
  ];
}

function objectIn(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}
