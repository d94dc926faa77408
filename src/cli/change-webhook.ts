import type { JsonObject } from '../protocol/strict-json.ts';
import type { ApiCall } from './api-client.ts';
import type { Command } from './command.ts';
import { printable } from './paint.ts';
import { serverOption } from './server-option.ts';

/** A command that does one thing to the webhook it names. */
export function changeWebhook(change: {
  readonly verb: string;
  readonly summary: string;
  readonly method: ApiCall['method'];
  /** Below the webhook. */
  readonly path?: string;
  readonly body?: JsonObject;
  /** What is said of the webhook afterwards: "is enabled". */
  readonly done: string;
}): Command {
  const { verb, summary, method, path = '', body, done } = change;
  return {
    words: `webhook ${verb}`,
    summary,
    example: `webhook ${verb} whk_01k…`,
    arguments: [{ form: '<id>', help: 'the webhook' }],
    options: [serverOption],
    run: async (call) => {
      const id = call.argument(0);
      const answer = await call.api().call({
        method,
        path: `/webhooks/${encodeURIComponent(id)}${path}`,
        ...(body === undefined ? {} : { body }),
      });
      return call.print(
        Object.keys(answer).length === 0 ? { id, done: true } : answer,
        (paint) => `${paint('green', '✔')} ${printable(id)} ${done}\n`,
      );
    },
  };
}
