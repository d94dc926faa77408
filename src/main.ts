import { setTimeout as delay } from 'node:timers/promises';
import { readSettings, type Settings } from './config/settings.ts';
import { SealwrightError } from './kernel/sealwright-error.ts';

/** Exit codes of the contract: 2 for usage and configuration, 5 for a service that cannot start. */
const exitCodes = { configuration: 2, refused: 5 } as const;

/** A stop that takes longer is ended hard. */
const longestStopMs = 30_000;

await main();

/** Starts the service, stops it on SIGTERM or SIGINT, and tells the operator what is wrong. */
async function main(): Promise<void> {
  const settings = readSettings(process.env);
  if (!settings.ok) {
    for (const { pointer, detail } of settings.faults) complain(`${pointer}: ${detail}`);
    process.exit(exitCodes.configuration);
  }
  // Libraries that find DEBUG print what they are given: passwords, tokens in queries, whole rows.
  delete process.env['DEBUG'];
  try {
    const service = await start(settings.value);
    const signal = await stopSignal();
    setTimeout(() => process.exit(1), longestStopMs).unref();
    service.drain();
    // Whoever sits at the terminal is no balancer.
    if (signal === 'SIGTERM') await delay(settings.value.drainMs);
    await service[Symbol.asyncDispose]();
    process.exit(0);
  } catch (error) {
    complain(error instanceof SealwrightError ? error.detail : String(error));
    process.exit(exitCodes.refused);
  }
}

interface Stoppable extends AsyncDisposable {
  drain(): void;
}

async function start(settings: Settings): Promise<Stoppable> {
  if (settings.role === 'public') return (await import('./replica.ts')).createReplica(settings);
  return (await import('./service.ts')).createService(settings);
}

/** The first signal; a second one ends the process without waiting for what is still under way. */
async function stopSignal(): Promise<NodeJS.Signals> {
  const signals = ['SIGTERM', 'SIGINT'] as const;
  const first = await new Promise<NodeJS.Signals>((resolve) => {
    for (const signal of signals) process.once(signal, resolve);
  });
  for (const signal of signals) process.once(signal, () => process.exit(1));
  return first;
}

function complain(line: string): void {
  process.stderr.write(`sealwright: ${line}\n`);
}
