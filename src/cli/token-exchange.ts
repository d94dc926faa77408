import { textIn } from './api-client.ts';
import type { Command } from './command.ts';
import { readText } from './read-file.ts';
import { serverOption } from './server-option.ts';

/** The token is the data: alone on standard output, as by `token create`. */
export const tokenExchange: Command = {
  words: 'token exchange',
  summary: 'get a short token for the token that a platform gave this workload',
  example: 'token exchange --subject-token-file /var/run/secrets/sealwright/token',
  options: [
    {
      form: '--subject-token-file <file>',
      help: 'the token of the workload; "-" reads standard input',
      required: true,
    },
    { form: '--scope <scope>', help: 'a part of what the rule gives', repeated: true },
    { form: '--audience <url>', help: 'the base URL of the organization, if it is not plain' },
    serverOption,
  ],
  run: async (call) => {
    const subjectToken = await readText(call.text('subjectTokenFile') ?? '', call.terminal);
    const answer = await call.api().exchange({
      subjectToken: subjectToken.trim(),
      scope: call.list('scope')?.join(' '),
      audience: call.text('audience'),
    });
    if (!call.json) call.say(`Good for ${textIn(answer, 'expires_in')} seconds.`);
    return call.print(answer, () => `${textIn(answer, 'access_token')}\n`);
  },
};
