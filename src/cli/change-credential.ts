import type { JsonObject } from '../protocol/strict-json.ts';
import { textIn } from './api-client.ts';
import type { Command, Invocation } from './command.ts';
import { type Paint, printable } from './paint.ts';
import { reasonOption, serverOption } from './server-option.ts';

type Verb = 'revoke' | 'suspend' | 'resume';

/** A command that changes the state of one credential; it ends once the public lists show it. */
export function changeCredential(verb: Verb, summary: string): Command {
  return {
    words: `credential ${verb}`,
    summary,
    example: `credential ${verb} crd_01k… --reason "INC-204"`,
    arguments: [{ form: '<id>', help: 'the credential' }],
    options: [reasonOption, serverOption],
    run: async (call) => {
      const changed = await askForChange(call, verb);
      return call.print(changed, (paint) => changeLine(changed, paint));
    },
  };
}

/** Has the service change the state, and gives its answer. */
export function askForChange(call: Invocation, verb: Verb): Promise<JsonObject> {
  const path = `/credentials/${encodeURIComponent(call.argument(0))}/${verb}`;
  const body = { reason: call.text('reason') ?? '' };
  return call.api().call({ method: 'POST', path, body });
}

/** The answer of `askForChange` in one line. */
export function changeLine(changed: JsonObject, paint: Paint): string {
  const [id, state, at] = ['id', 'state', 'publishedAt'].map((name) =>
    printable(textIn(changed, name)),
  );
  return `${paint('green', '✔')} ${id} is ${state}; published at ${at}\n`;
}
