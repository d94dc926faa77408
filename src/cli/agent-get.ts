import { isJsonObject, type JsonObject, type JsonValue } from '../protocol/strict-json.ts';
import { textIn } from './api-client.ts';
import type { Command, Invocation } from './command.ts';
import type { ExitCode } from './exit-codes.ts';
import { printableJson, renderPairs } from './paint.ts';
import { serverOption } from './server-option.ts';

/** One agent as the registry holds it, whatever its state; a retired one is still found. */
export const agentGet: Command = {
  words: 'agent get',
  summary: 'print one agent',
  example: 'agent get billing-bot',
  arguments: [{ form: '<handle>', help: 'the agent' }],
  options: [serverOption],
  run: async (call) => {
    const path = `/agents/${encodeURIComponent(call.argument(0))}`;
    return printAgent(call, await call.api().call({ method: 'GET', path }));
  },
};

/** Prints an agent as the API answers it: whole as JSON, in the lines that matter for people. */
export function printAgent(call: Invocation, agent: JsonObject): ExitCode {
  const owners = Array.isArray(agent['owners']) ? agent['owners'].map(String) : [];
  return call.print(agent, (paint) => {
    const head = `${paint('bold', textIn(agent, 'handle'))} is ${textIn(agent, 'state')}\n`;
    const pairs: (readonly [string, string])[] = [
      ['name', textIn(agent, 'name')],
      ['kind', textIn(agent, 'kind')],
      ['owners', owners.join(', ')],
      ['client_id', textIn(agent, 'clientId')],
      ['strict', strictClientIdOf(agent)],
      ['did', textIn(agent, 'did')],
      ['key', textIn(agent, 'keyCustody')],
      ['key file', textIn(agent, 'keyFile')],
      ['ends', textIn(agent, 'expiresAt')],
      ...serversOf(agent['lint']),
      ...adviceIn(agent['advice']),
    ];
    const key = agent['privateJwk'];
    const shown = key === undefined ? '' : `${printableJson(key)}\n`;
    return head + renderPairs(pairs.filter(([, value]) => value !== '')) + shown;
  });
}

/** The client_id of the strict document, where there is one. */
function strictClientIdOf(agent: JsonObject): string {
  const { documents } = agent;
  return isJsonObject(documents) ? textIn(documents, 'strictClient') : '';
}

/** A line for each thing that somebody should mend. */
function adviceIn(advice: JsonValue | undefined): readonly (readonly [string, string])[] {
  const given = Array.isArray(advice) ? advice.filter(isJsonObject) : [];
  return given.map((one) => ['advice', textIn(one, 'detail')]);
}

/** Which servers take the client documents, as the lint knew when they were published. */
function serversOf(lint: JsonValue | undefined): readonly (readonly [string, string])[] {
  if (!isJsonObject(lint)) return [];
  const strict = isJsonObject(lint['strict']) ? lint['strict'] : undefined;
  return [...outcomesIn(lint, ''), ...(strict === undefined ? [] : outcomesIn(strict, 'strict '))];
}

/** A line for each outcome, with the servers it is true of. */
function outcomesIn(
  { targets }: JsonObject,
  prefix: string,
): readonly (readonly [string, string])[] {
  const reports = Array.isArray(targets) ? targets.filter(isJsonObject) : [];
  const labels = { accepts: 'taken by', refuses: 'refused by', unknown: 'not known' };
  return Object.entries(labels).map(([outcome, label]) => {
    const those = reports.filter((report) => report['outcome'] === outcome);
    return [`${prefix}${label}`, those.map((report) => textIn(report, 'target')).join(', ')];
  });
}
