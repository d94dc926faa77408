import { textIn } from './api-client.ts';
import type { Command } from './command.ts';
import { members } from './members.ts';
import { serverOption } from './server-option.ts';

/** The token is the data: alone on standard output, so that it can go straight to the agent. */
export const enrolmentCreate: Command = {
  words: 'enrolment create',
  summary: 'invite an agent; the one-time token is shown once',
  example: 'enrolment create --handle billing-bot --owner payments@acme.com --expires-in PT24H',
  options: [
    { form: '--handle <handle>', help: 'its handle; the agent chooses, if absent' },
    { form: '--name <text>', help: 'its name for people; the agent chooses, if absent' },
    { form: '--owner <email>', help: 'who answers for it', repeated: true },
    {
      form: '--kind <kind>',
      help: 'what it is (default agent, or what the template says)',
      choices: ['agent', 'mcp-server', 'mcp-client'],
    },
    { form: '--template <name>', help: 'the template that says the rest' },
    { form: '--description <text>', help: 'what it does' },
    { form: '--team <team>', help: 'the team it belongs to' },
    { form: '--tag <tag>', help: 'a tag', repeated: true },
    { form: '--agent-version <version>', help: 'the version of its software' },
    { form: '--redirect-uri <url>', help: 'where users come back to', repeated: true },
    { form: '--grant-type <type>', help: 'an OAuth grant it uses', repeated: true },
    { form: '--approval', help: 'somebody has to approve the key that comes' },
    { form: '--expires-in <duration>', help: 'how long the token lives (default PT24H)' },
    { form: '--expires-at <moment>', help: 'when the agent itself ends for good' },
    serverOption,
  ],
  run: async (call) => {
    const template = call.text('template');
    const body = members({
      handle: call.text('handle'),
      name: call.text('name'),
      owners: call.list('owner'),
      kind: call.text('kind') ?? (template === undefined ? 'agent' : undefined),
      template,
      description: call.text('description'),
      team: call.text('team'),
      tags: call.list('tag'),
      version: call.text('agentVersion'),
      redirectUris: call.list('redirectUri'),
      grantTypes: call.list('grantType'),
      approval: call.flag('approval') ? true : undefined,
      expiresIn: call.text('expiresIn'),
      expiresAt: call.text('expiresAt'),
    });
    const enrolment = await call.api().call({ method: 'POST', path: '/enrolments', body });
    if (!call.json) {
      const until = textIn(enrolment, 'expiresAt');
      call.say(`Enrolment ${textIn(enrolment, 'id')}, good once until ${until}:`);
      call.say('this is the only time its token is shown. The agent uses it with');
      call.say(
        `  sealwright agent enrol --audience ${textIn(enrolment, 'audience')} --token-file …`,
      );
    }
    return call.print(enrolment, () => `${textIn(enrolment, 'token')}\n`);
  },
};
