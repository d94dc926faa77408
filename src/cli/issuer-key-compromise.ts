import { isJsonObject, type JsonObject } from '../protocol/strict-json.ts';
import { textIn } from './api-client.ts';
import type { Command } from './command.ts';
import { usageFailure } from './failure.ts';
import { issuerKeyArgument, issuerKeysPath } from './issuer-key.ts';
import { reasonOption, serverOption } from './server-option.ts';

/** There is no way back: it asks for `--yes`. May be repeated, and goes on where it stopped. */
export const issuerKeyCompromise: Command = {
  words: 'issuer-key compromise',
  summary: 'give a leaked key up: revoke all that it signed, and issue it anew under another',
  example: 'issuer-key compromise key_01k9… --reason "INC-7" --yes',
  arguments: [issuerKeyArgument],
  options: [
    reasonOption,
    { form: '--yes', help: 'really: every credential that the key signed is revoked' },
    serverOption,
  ],
  run: async (call) => {
    if (!call.flag('yes')) {
      throw usageFailure(
        'This revokes every credential that the key signed, and cannot be undone: add --yes.',
      );
    }
    const reason = call.text('reason') ?? '';
    const body = { action: 'compromise', key: call.argument(0), reason };
    const done = await call.api().call({ method: 'POST', path: issuerKeysPath, body });
    return call.print(done, () => render(done));
  },
};

function render(done: JsonObject): string {
  const key = memberOf(done, 'key');
  const replacement = memberOf(done, 'replacement');
  const lost = textIn(done, 'suspendedFacetsLost');
  const left = textIn(done, 'agentsUnderWay');
  return [
    `${textIn(key, 'id')} is revoked since ${textIn(key, 'revokedAt')}`,
    `  credentials revoked   ${textIn(done, 'credentialsRevoked')}`,
    `  lists published       ${textIn(done, 'listsPublishedAt')}`,
    `  signing key now       ${textIn(replacement, 'id')}`,
    `  agents issued anew    ${textIn(done, 'agentsReissued')}`,
    ...(left === '0' ? [] : [`  agents still to come  ${left}: the service goes on by itself`]),
    ...(lost === '0' ? [] : [`  suspended facets      ${lost}: not issued anew`]),
    '',
  ].join('\n');
}

function memberOf(json: JsonObject, name: string): JsonObject {
  const member = json[name];
  return isJsonObject(member) ? member : {};
}
