import { isJsonObject, type JsonObject, type JsonValue } from '../protocol/strict-json.ts';
import { textIn } from './api-client.ts';
import type { Command, Invocation } from './command.ts';
import { usageFailure } from './failure.ts';
import { renderTable } from './paint.ts';
import { serverOption } from './server-option.ts';

/** Answers from what is recorded; no papers are verified for it. */
export const access: Command = {
  words: 'access',
  summary: 'say which agents may do something, or could at a past moment, and by which credential',
  example: 'access --action read --resource logs/production --at 2026-11-01T00:00:00Z',
  arguments: [
    { form: '[action]', help: 'what would be done, instead of --action' },
    { form: '[resource]', help: 'to what, instead of --resource' },
  ],
  options: [
    { form: '--action <action>', help: 'what would be done' },
    { form: '--resource <resource>', help: 'to what' },
    { form: '--at <moment>', help: 'as of a past moment, such as 2026-11-01T00:00:00Z' },
    serverOption,
  ],
  run: async (call) => {
    const query = {
      action: given(call, { at: 0, name: 'action' }),
      resource: given(call, { at: 1, name: 'resource' }),
      at: call.text('at'),
    };
    const grants = await call.api().list({ method: 'GET', path: '/access', query });
    const nobody =
      query.at === undefined ? 'No agent may do this.' : 'No agent could do this then.';
    return call.print(grants, () =>
      grants.length === 0
        ? `${nobody}\n`
        : renderTable(
            ['AGENT', 'CREDENTIAL', 'FROM', 'UNTIL', 'ISSUER', 'ISSUED BY', 'REASON'],
            grants.map(rowOf),
          ),
    );
  },
};

/** A value that may be given by place or by name, and by one of them must be. */
function given(call: Invocation, { at, name }: { readonly at: number; readonly name: string }) {
  const placed = call.argument(at);
  const named = call.text(name);
  if ((placed === '') === (named === undefined)) {
    throw usageFailure(`Give --${name} once.`);
  }
  return named ?? placed;
}

function rowOf(grant: JsonObject): readonly string[] {
  const agent = objectIn(grant['agent']);
  const credential = objectIn(grant['credential']);
  const issuedBy = objectIn(grant['issuedBy']);
  return [
    textIn(agent, 'handle'),
    textIn(credential, 'id'),
    textIn(credential, 'validFrom'),
    textIn(credential, 'validUntil'),
    textIn(grant, 'issuer'),
    textIn(issuedBy, 'id'),
    textIn(grant, 'reason'),
  ];
}

function objectIn(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}
