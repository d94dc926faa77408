import type { Environment } from '../config/env.ts';

/** Where a command reads and writes: data goes to `out`, talk to `err`. */
export interface Terminal {
  readonly env: Environment;
  readonly colour: { readonly out: boolean; readonly err: boolean };
  /** Whether somebody sits there who can be asked. */
  readonly interactive: boolean;
  out(text: string): void;
  err(text: string): void;
  /** Standard input as it comes: it may be too large, and need not be text. */
  inputOctets(): AsyncIterable<Uint8Array>;
}

/** The terminal of this process. */
export function processTerminal(): Terminal {
  const { env, stdout, stderr, stdin } = process;
  for (const stream of [stdout, stderr]) stream.on('error', passOverClosedPipe);
  return {
    env,
    interactive: stdin.isTTY === true && stderr.isTTY === true,
    colour: { out: wantsColour(env, stdout.isTTY), err: wantsColour(env, stderr.isTTY) },
    out: (line) => void stdout.write(line),
    err: (line) => void stderr.write(line),
    inputOctets: () => stdin,
  };
}

/** A reader that has enough, such as `head`, is no fault: the exit code still says what came out. */
function passOverClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

/** NO_COLOR forbids, FORCE_COLOR demands; otherwise a terminal that is not dumb gets colour. */
export function wantsColour(env: Environment, isTerminal: boolean | undefined): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  const forced = env['FORCE_COLOR'] ?? '';
  if (forced !== '') return forced !== '0';
  return isTerminal === true && env['TERM'] !== 'dumb';
}
