import { printAgent } from './agent-get.ts';
import type { Command } from './command.ts';
import { reasonOption, serverOption } from './server-option.ts';

/** A command that changes the state of one agent, for a reason. */
export function changeAgent(verb: 'suspend' | 'resume' | 'retire', summary: string): Command {
  return {
    words: `agent ${verb}`,
    summary,
    example: `agent ${verb} billing-bot --reason "INC-204"`,
    arguments: [{ form: '<handle>', help: 'the agent' }],
    options: [reasonOption, serverOption],
    run: async (call) => {
      const path = `/agents/${encodeURIComponent(call.argument(0))}/${verb}`;
      const body = { reason: call.text('reason') ?? '' };
      return printAgent(call, await call.api().call({ method: 'POST', path, body }));
    },
  };
}
