import type { AssertionKey, TokenRequest } from '../agent-client/index.ts';
import { readClientSettings } from '../config/settings.ts';
import type { Command, Invocation } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { CommandFailure, usageFailure } from './failure.ts';
import { members } from './members.ts';
import { readJsonObject } from './read-file.ts';
import { serverOption } from './server-option.ts';

/** The answer of the authorization server is the data: one JSON object on standard output. */
export const agentToken: Command = {
  words: 'agent token',
  summary: 'get an access token from an authorization server, as an agent',
  example:
    'agent token --as https://as.acme.com --resource https://mcp.acme.com --client-id https://id.acme.com/a/billing-bot/client.json --key-file keys/billing-bot.jwk.json',
  options: [
    { form: '--as <issuer>', help: 'the authorization server, by its issuer', required: true },
    { form: '--client-id <url>', help: 'the agent, by its document', required: true },
    { form: '--key-file <file>', help: 'its private JWK; "-" reads standard input' },
    { form: '--registry', help: 'the registry signs: it holds the key' },
    { form: '--resource <url>', help: 'what the token is for' },
    { form: '--scope <scopes>', help: 'what it may be used for, separated by spaces' },
    { form: '--audience <url>', help: 'if the server wants another than its issuer' },
    serverOption,
  ],
  run: async (call) => {
    const { requestToken, TokenRefusal, RegistryRefusal } = await import(
      '../agent-client/index.ts'
    );
    const request = await requestOf(call);
    try {
      const answer = await requestToken(request);
      return call.print(answer, () => `${JSON.stringify(answer)}\n`);
    } catch (error) {
      if (error instanceof TokenRefusal) throw refused(error.error, error.description);
      if (error instanceof RegistryRefusal) throw unsigned(error.code);
      throw error instanceof TypeError ? unreachable(error) : error;
    }
  },
};

async function requestOf(call: Invocation): Promise<TokenRequest> {
  const clientId = urlOf(call, 'clientId', '--client-id');
  const optional = {
    resource: call.text('resource'),
    scope: call.text('scope'),
    audience: call.text('audience'),
  };
  return {
    clientId,
    issuer: urlOf(call, 'as', '--as'),
    key: await keyOf(call, clientId),
    ...members(optional),
  };
}

function urlOf(call: Invocation, name: string, option: string): string {
  const text = call.text(name) ?? '';
  if (URL.canParse(text)) return text;
  throw usageFailure(`${option} does not name a URL.`);
}

async function keyOf(call: Invocation, clientId: string): Promise<AssertionKey> {
  const file = call.text('keyFile');
  if ((file === undefined) === !call.flag('registry')) {
    throw usageFailure('Give exactly one of --key-file and --registry.');
  }
  const { createLocalKey, registryKey } = await import('../agent-client/index.ts');
  if (file === undefined) return registryKey(registryOf(call, clientId));
  const jwk = await readJsonObject(file, call.terminal);
  return createLocalKey(jwk).catch((error: unknown) => {
    throw error instanceof TypeError ? usageFailure(error.message) : error;
  });
}

/** The agent's handle is the part of its client_id that the registry chose it by. */
function registryOf(call: Invocation, clientId: string) {
  const [, handle, strict] = /\/a\/([a-z0-9-]+)\/(strict\/)?client\.json$/.exec(clientId) ?? [];
  if (handle === undefined) throw usageFailure('--client-id does not name an agent of a registry.');
  const given = call.text('server');
  const settings = readClientSettings({
    ...call.terminal.env,
    ...(given !== undefined && { SEALWRIGHT_SERVER: given }),
  });
  if (!settings.ok) throw usageFailure('The configuration is not usable.');
  const { server, token } = settings.value;
  if (token === undefined)
    throw usageFailure('SEALWRIGHT_TOKEN is not set: the registry asks for it.');
  const profile = strict === undefined ? {} : { profile: 'strict' as const };
  return { server, token: token.reveal(), handle, ...profile };
}

function refused(code: string, description: string | null): CommandFailure {
  return new CommandFailure(`The authorization server gives no token: ${code}.`, {
    exitCode: exitCodes.rejected,
    code,
    ...(description !== null && { places: [description] }),
    fix: 'Run "sealwright explain" with the client_id: it says what a server finds in the papers.',
  });
}

function unsigned(code: string | null): CommandFailure {
  return new CommandFailure('The registry does not sign for this agent.', {
    exitCode: exitCodes.server,
    code: code ?? 'server-foreign',
    fix: 'Check that the agent is active and its key held by the registry, and that the token has the scope keys:write.',
  });
}

function unreachable(cause: TypeError): CommandFailure {
  return new CommandFailure('The authorization server cannot be used.', {
    exitCode: exitCodes.server,
    code: 'server-unreachable',
    places: [cause.message],
    fix: 'Check --as: it is the exact issuer, and its metadata must be readable from here.',
    cause,
  });
}
