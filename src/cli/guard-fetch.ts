import type { Fetch } from '../verifier/ports.ts';
import { type CommandFailure, usageFailure } from './failure.ts';

/** The guarded fetch; a usage failure where the environment refuses what was typed. */
export async function guardFetch(allowLoopback: boolean): Promise<Fetch> {
  const { guardedFetch } = await import('../verifier/node/index.ts');
  return refusedAsUsage(() => guardedFetch({ allowLoopback }));
}

/** What `make` gives; options that it refuses are the fault of what was typed or configured. */
export function refusedAsUsage<Made>(make: () => Made): Made {
  try {
    return make();
  } catch (error) {
    throw error instanceof TypeError ? refusal(error) : error;
  }
}

function refusal({ message }: TypeError): CommandFailure {
  const [, sentence = message] = /^\w+: (.*)$/s.exec(message) ?? [];
  return usageFailure(`This cannot be done as asked: ${sentence}.`);
}
