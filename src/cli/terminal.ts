import { text } from 'node:stream/consumers';
import type { Environment } from '../config/env.ts';

/** Where a command reads and writes: data goes to `out`, talk to `err`. */
export interface Terminal {
  readonly env: Environment;
  readonly colour: { readonly out: boolean; readonly err: boolean };
  out(text: string): void;
  err(text: string): void;
  readInput(): Promise<string>;
  /** Standard input as it comes, for input that must not be decoded or may be too large. */
  inputOctets(): AsyncIterable<Uint8Array>;
}

/** The terminal of this process. */
export function processTerminal(): Terminal {
  const { env, stdout, stderr, stdin } = process;
  return {
    env,
    colour: { out: wantsColour(env, stdout.isTTY), err: wantsColour(env, stderr.isTTY) },
    out: (line) => void stdout.write(line),
    err: (line) => void stderr.write(line),
    readInput: () => text(stdin),
    inputOctets: () => stdin,
  };
}

/** NO_COLOR forbids, FORCE_COLOR demands; otherwise a terminal that is not dumb gets colour. */
export function wantsColour(env: Environment, isTerminal: boolean | undefined): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  const forced = env['FORCE_COLOR'] ?? '';
  if (forced !== '') return forced !== '0';
  return isTerminal === true && env['TERM'] !== 'dumb';
}
