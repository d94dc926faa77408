import { textIn } from './api-client.ts';
import type { Command } from './command.ts';
import { printable } from './paint.ts';
import { reasonOption, serverOption } from './server-option.ts';

/** A command that changes the state of one credential; it ends once the public lists show it. */
export function changeCredential(verb: 'revoke' | 'suspend' | 'resume', summary: string): Command {
  return {
    words: `credential ${verb}`,
    summary,
    example: `credential ${verb} crd_01k… --reason "INC-204"`,
    arguments: [{ form: '<id>', help: 'the credential' }],
    options: [reasonOption, serverOption],
    run: async (call) => {
      const path = `/credentials/${encodeURIComponent(call.argument(0))}/${verb}`;
      const body = { reason: call.text('reason') ?? '' };
      const changed = await call.api().call({ method: 'POST', path, body });
      return call.print(changed, (paint) => {
        const [id, state, at] = ['id', 'state', 'publishedAt'].map((name) =>
          printable(textIn(changed, name)),
        );
        return `${paint('green', '✔')} ${id} is ${state}; published at ${at}\n`;
      });
    },
  };
}
