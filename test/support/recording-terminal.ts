import { runCli } from '../../src/cli/run-cli.ts';
import type { Environment } from '../../src/config/env.ts';

/** What a command line left behind. */
export interface CliAnswer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line in this process, without colour, with `input` as standard input. */
export async function runRecorded(
  words: readonly string[],
  options: {
    readonly env?: Environment;
    readonly input?: string | Uint8Array;
    readonly colour?: boolean;
    /** What the person at the terminal answers; absent: nobody is there. */
    readonly reply?: string;
  } = {},
): Promise<CliAnswer> {
  const answer = { out: '', err: '' };
  const colour = options.colour ?? false;
  const { reply } = options;
  const code = await runCli(words, {
    env: options.env ?? {},
    colour: { out: colour, err: colour },
    out: (text) => {
      answer.out += text;
    },
    err: (text) => {
      answer.err += text;
    },
    inputOctets: async function* () {
      yield Buffer.from(options.input ?? '');
    },
    ...(reply === undefined ? {} : { ask: async () => reply }),
  });
  return { code, ...answer };
}
