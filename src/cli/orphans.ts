import { isJsonObject, type JsonObject, type JsonValue } from '../protocol/strict-json.ts';
import { textIn } from './api-client.ts';
import type { Command } from './command.ts';
import { countOf } from './count-of.ts';
import { renderTable } from './paint.ts';
import { limitOption, serverOption } from './server-option.ts';

/** One line for each sign of neglect. */
export const orphans: Command = {
  words: 'orphans',
  summary: 'list agents that nobody may be looking after',
  example: 'orphans --kind orphan',
  options: [
    {
      form: '--kind <kind>',
      help: 'with this sign only',
      choices: [
        'orphan',
        'owner-departed',
        'not-verified',
        'agent-expiring',
        'credential-expiring',
      ],
    },
    { form: '--expiring-within-days <days>', help: 'what counts as soon; 14 if absent' },
    { form: '--unverified-for-days <days>', help: 'what counts as long ago; 30 if absent' },
    limitOption,
    serverOption,
  ],
  run: async (call) => {
    const query = {
      kind: call.text('kind'),
      expiringWithinDays: call.text('expiringWithinDays'),
      unverifiedForDays: call.text('unverifiedForDays'),
    };
    const order = { method: 'GET', path: '/orphans', query } as const;
    const neglected = await call.api().list(order, countOf(call.text('limit')));
    return call.print(neglected, () =>
      neglected.length === 0
        ? 'Every agent is looked after.\n'
        : renderTable(['AGENT', 'SIGN', 'WHEN', 'DETAIL'], neglected.flatMap(rowsOf)),
    );
  },
};

function rowsOf({ agent, signs }: JsonObject): readonly (readonly string[])[] {
  const handle = isJsonObject(agent) ? textIn(agent, 'handle') : '';
  const all: readonly JsonValue[] = Array.isArray(signs) ? signs : [];
  return all
    .filter((sign) => isJsonObject(sign))
    .map((sign) => [handle, ...['kind', 'at', 'detail'].map((name) => textIn(sign, name))]);
}
