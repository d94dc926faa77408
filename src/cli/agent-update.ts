import type { JsonValue } from '../protocol/strict-json.ts';
import { printAgent } from './agent-get.ts';
import type { Command, Invocation } from './command.ts';
import { usageFailure } from './failure.ts';
import { members } from './members.ts';
import { serverOption } from './server-option.ts';

/** Changes what is named and nothing else; ends once papers that say so are published. */
export const agentUpdate: Command = {
  words: 'agent update',
  summary: 'change what an agent is called, who answers for it, or when it ends',
  example: 'agent update billing-bot --owner a@acme.com --owner b@acme.com --tag prod',
  arguments: [{ form: '<handle>', help: 'the agent' }],
  options: [
    { form: '--name <text>', help: 'its name for people' },
    { form: '--description <text>', help: 'what it does; "" takes it away' },
    { form: '--owner <email>', help: 'who answers for it from now on', repeated: true },
    { form: '--team <team>', help: 'the team it belongs to; "" takes it away' },
    { form: '--tag <tag>', help: 'its tags from now on; "" takes all away', repeated: true },
    { form: '--agent-version <version>', help: 'the version of its software; "" takes it away' },
    { form: '--redirect-uri <url>', help: 'where users come back to from now on', repeated: true },
    { form: '--grant-type <type>', help: 'the OAuth grants from now on', repeated: true },
    { form: '--logo-uri <url>', help: 'its logo; "" takes it away' },
    {
      form: '--profile <profile>',
      help: 'strict: a second document for servers that refuse unknown members; none: not any more',
      choices: ['strict', 'none'],
    },
    { form: '--expires-at <moment>', help: 'when it ends for good' },
    serverOption,
  ],
  run: async (call) => {
    const body = changesOf(call);
    if (Object.keys(body).length === 0) throw usageFailure('Name something to change.');
    const path = `/agents/${encodeURIComponent(call.argument(0))}`;
    return printAgent(call, await call.api().call({ method: 'PATCH', path, body }));
  },
};

function changesOf(call: Invocation) {
  const profile = call.text('profile');
  return members({
    name: call.text('name'),
    description: takenAway(call.text('description')),
    owners: call.list('owner'),
    team: takenAway(call.text('team')),
    tags: call.list('tag')?.filter((tag) => tag !== ''),
    version: takenAway(call.text('agentVersion')),
    redirectUris: call.list('redirectUri'),
    grantTypes: call.list('grantType'),
    logoUri: takenAway(call.text('logoUri')),
    profiles: profile === undefined ? undefined : [profile].filter((one) => one !== 'none'),
    expiresAt: call.text('expiresAt'),
  });
}

/** An empty text takes a member away, which the API writes as null. */
function takenAway(text: string | undefined): JsonValue | undefined {
  return text === '' ? null : text;
}
