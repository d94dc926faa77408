import { unlink } from 'node:fs/promises';
import type { JsonObject } from '../protocol/strict-json.ts';
import { printAgent } from './agent-get.ts';
import type { Command, Invocation } from './command.ts';
import { keyPath, openKeyFile } from './key-file.ts';
import { members } from './members.ts';
import { readJsonObject } from './read-file.ts';
import { serverOption } from './server-option.ts';

/** Onboards an agent, and with `--keys-dir` stores a key that is handed out where only its owner reads. */
export const agentOnboard: Command = {
  words: 'agent onboard',
  summary: 'give an agent its identity, key and passport',
  example:
    'agent onboard billing-bot --name "Billing Bot" --owner payments@acme.com --key-custody issued --keys-dir ./keys',
  arguments: [{ form: '<handle>', help: 'its name in every URL; it never changes' }],
  options: [
    { form: '--name <text>', help: 'its name for people', required: true },
    { form: '--owner <email>', help: 'who answers for it', repeated: true },
    { form: '--template <name>', help: 'the template that says the rest' },
    {
      form: '--kind <kind>',
      help: 'what it is (default agent, or what the template says)',
      choices: ['agent', 'mcp-server', 'mcp-client'],
    },
    { form: '--description <text>', help: 'what it does' },
    { form: '--team <team>', help: 'the team it belongs to' },
    { form: '--tag <tag>', help: 'a tag', repeated: true },
    { form: '--agent-version <version>', help: 'the version of its software' },
    { form: '--redirect-uri <url>', help: 'where users come back to', repeated: true },
    { form: '--grant-type <type>', help: 'an OAuth grant it uses', repeated: true },
    { form: '--logo-uri <url>', help: 'its logo' },
    {
      form: '--profile <profile>',
      help: 'strict: a second document for servers that refuse unknown members',
      choices: ['strict'],
    },
    { form: '--expires-at <moment>', help: 'when it ends for good' },
    { form: '--jwk <file>', help: 'its public key as a JWK; "-" reads standard input' },
    {
      form: '--key-custody <custody>',
      help: 'instead of --jwk: issued (handed out once) or registry (never leaves)',
      choices: ['issued', 'registry'],
    },
    { form: '--keys-dir <folder>', help: 'store an issued key there, mode 0600' },
    serverOption,
  ],
  run: async (call) => {
    const body = await orderOf(call);
    const keysDir = call.text('keysDir');
    if (keysDir !== undefined) return printAgent(call, await onboardIntoFile(call, body, keysDir));
    const agent = await onboard(call, body);
    if (agent['privateJwk'] !== undefined) {
      call.say('The private key below is shown this once and kept nowhere.');
    }
    return printAgent(call, agent);
  },
};

function onboard(call: Invocation, body: JsonObject): Promise<JsonObject> {
  return call.api().call({ method: 'POST', path: '/agents', body });
}

async function orderOf(call: Invocation): Promise<JsonObject> {
  const jwk = call.text('jwk');
  const profile = call.text('profile');
  const template = call.text('template');
  return members({
    handle: call.argument(0),
    kind: call.text('kind') ?? (template === undefined ? 'agent' : undefined),
    template,
    name: call.text('name'),
    description: call.text('description'),
    owners: call.list('owner'),
    team: call.text('team'),
    tags: call.list('tag'),
    version: call.text('agentVersion'),
    redirectUris: call.list('redirectUri'),
    grantTypes: call.list('grantType'),
    logoUri: call.text('logoUri'),
    profiles: profile === undefined ? undefined : [profile],
    expiresAt: call.text('expiresAt'),
    jwk: jwk === undefined ? undefined : await readJsonObject(jwk, call.terminal),
    keyCustody: call.text('keyCustody'),
  });
}

/** The key file is made before the agent, so that a folder that cannot be written costs no key. */
async function onboardIntoFile(
  call: Invocation,
  body: JsonObject,
  keysDir: string,
): Promise<JsonObject> {
  const path = keyPath(keysDir, call.argument(0));
  const file = await openKeyFile(path);
  let written = false;
  try {
    const { privateJwk, ...agent } = await onboard(call, body);
    if (privateJwk === undefined) return agent;
    await file.writeFile(`${JSON.stringify(privateJwk, null, 2)}\n`);
    written = true;
    return { ...agent, keyFile: path };
  } finally {
    await file.close();
    if (!written) await unlink(path);
  }
}
