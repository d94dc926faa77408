import { textIn } from './api-client.ts';
import type { Command } from './command.ts';
import { members } from './members.ts';
import { serverOption } from './server-option.ts';

/** The token is the data: alone on standard output, so that it can go straight into a secret store. */
export const tokenCreate: Command = {
  words: 'token create',
  summary: 'make a token; its text is shown once',
  example: 'token create --name ci --scope agents:read --scope verify',
  options: [
    { form: '--name <text>', help: 'what it is for', required: true },
    { form: '--scope <scope>', help: 'what it may do', required: true, repeated: true },
    { form: '--expires-at <moment>', help: 'when it ends; never, if absent' },
    { form: '--team <name>', help: 'reaches the agents of this team only' },
    { form: '--agent <handle>', help: 'reaches this agent only' },
    serverOption,
  ],
  run: async (call) => {
    const body = members({
      name: call.text('name'),
      scopes: call.list('scope'),
      expiresAt: call.text('expiresAt'),
      team: call.text('team'),
      agent: call.text('agent'),
    });
    const token = await call.api().call({ method: 'POST', path: '/tokens', body });
    if (!call.json) call.say(`Token ${textIn(token, 'id')}: this is the only time it is shown.`);
    return call.print(token, () => `${textIn(token, 'token')}\n`);
  },
};
