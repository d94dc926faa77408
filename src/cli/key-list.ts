import { isJsonObject, type JsonObject } from '../protocol/strict-json.ts';
import { rowsIn, textIn } from './api-client.ts';
import type { Command, Invocation } from './command.ts';
import type { ExitCode } from './exit-codes.ts';
import { printableJson, renderPairs, renderTable } from './paint.ts';
import { serverOption } from './server-option.ts';

/** The keys of an agent, and where a rotation stands. */
export const keyList: Command = {
  words: 'key list',
  summary: 'list the keys of an agent, and what a rotation does next',
  example: 'key list billing-bot',
  arguments: [{ form: '<handle>', help: 'the agent' }],
  options: [serverOption],
  run: async (call) =>
    printKeys(call, await call.api().call({ method: 'GET', path: keysPath(call.argument(0)) })),
};

/** The path of an agent's keys, or of what is done with one of them. */
export function keysPath(handle: string, ...parts: readonly string[]): string {
  return ['/agents', handle, 'keys', ...parts]
    .map((part, place) => (place === 0 ? part : encodeURIComponent(part)))
    .join('/');
}

/** Prints keys as the API answers them: whole as JSON, in the lines that matter for people. */
export function printKeys(call: Invocation, answer: JsonObject): ExitCode {
  return call.print(answer, () => {
    const { rotation, privateJwk } = answer;
    return (
      renderTable(
        ['KID', 'ALGORITHM', 'STATE', 'SINCE'],
        rowsIn(answer, 'keys').map((key) =>
          ['kid', 'algorithm', 'state', 'since'].map((name) => textIn(key, name)),
        ),
      ) +
      (isJsonObject(rotation) ? renderRotation(rotation) : '') +
      renderAside(answer) +
      (privateJwk === undefined ? '' : `${printableJson(privateJwk)}\n`)
    );
  });
}

function renderAside(answer: JsonObject): string {
  const pairs: (readonly [string, string])[] = [
    ['key file', textIn(answer, 'keyFile')],
    ['agent', textIn(answer, 'agentState') === 'active' ? '' : textIn(answer, 'agentState')],
  ];
  const shown = pairs.filter(([, value]) => value !== '');
  return shown.length === 0 ? '' : renderPairs(shown);
}

function renderRotation(rotation: JsonObject): string {
  const steps = rowsIn(rotation, 'steps').map((step) => {
    const at = textIn(step, 'at');
    const state = step['done'] === true ? 'done' : 'next';
    return [textIn(step, 'step'), `${state} ${at}`.trim()] as const;
  });
  const pairs = [
    ['use the new key from', textIn(rotation, 'usableFrom')],
    ['drop the old one from', textIn(rotation, 'safeToRetireAt')],
  ] as const;
  return renderPairs([...steps, ...pairs.filter(([, value]) => value !== '')]);
}
