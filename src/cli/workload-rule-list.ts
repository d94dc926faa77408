import { isJsonObject, type JsonObject, type JsonValue } from '../protocol/strict-json.ts';
import { textIn } from './api-client.ts';
import type { Command } from './command.ts';
import { renderTable } from './paint.ts';
import { serverOption } from './server-option.ts';

/** Every rule with what it demands and what it gives: who can get a token without a secret. */
export const workloadRuleList: Command = {
  words: 'workload-rule list',
  summary: 'list the rules, with what they demand and give',
  example: 'workload-rule list',
  options: [serverOption],
  run: async (call) => {
    const rules = await call.api().list({ method: 'GET', path: '/workload-rules' });
    return call.print(rules, () =>
      renderTable(['ID', 'NAME', 'ISSUER', 'CLAIMS', 'GIVES', 'LAST USED'], rules.map(rowOf)),
    );
  },
};

function rowOf(rule: JsonObject): readonly string[] {
  const grants = objectIn(rule, 'grants');
  const reach = ['team', 'agent'].flatMap((name) =>
    textIn(grants, name) === '' ? [] : [`${name}=${textIn(grants, name)}`],
  );
  return [
    textIn(rule, 'id'),
    textIn(rule, 'name'),
    textIn(rule, 'issuer'),
    Object.entries(objectIn(rule, 'claims')).map(claimOf).join(' '),
    [...textsIn(grants['scopes']), ...reach].join(' '),
    textIn(rule, 'lastUsedAt'),
  ];
}

function claimOf([name, values]: readonly [string, JsonValue]): string {
  return `${name}=${textsIn(values).join('|')}`;
}

function objectIn(json: JsonObject, name: string): JsonObject {
  const value = json[name];
  return isJsonObject(value) ? value : {};
}

function textsIn(value: JsonValue | undefined): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
