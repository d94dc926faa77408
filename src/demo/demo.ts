import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { certificatesBeside, createCertificates } from './certificates.ts';
import { placesOf, printPlaces, printStep } from './print-story.ts';
import type { CreateService } from './registry.ts';
import { setStage } from './stage.ts';
import { type Step, tellStory } from './story.ts';

/** What the command was asked for. */
export interface DemoOptions {
  readonly createService: CreateService;
  /** The whole story as one JSON document, at its end. */
  readonly json: boolean;
  /** Go on running after the story until SIGINT or SIGTERM. */
  readonly keep: boolean;
  /** Takes what belongs on standard output. */
  readonly write: (text: string) => void;
}

/** Names the throw-away CA to the child that trusts it. */
const caVariable = 'DEMO_CA_FILE';

/**
 * Tells the story of the project on real parts over https on loopback and returns the exit code: 0
 * when every step is as expected, 1 otherwise. Node reads NODE_EXTRA_CA_CERTS only when a process
 * starts, so the first process makes the CA and runs this command line again in a second one.
 */
export async function runDemo(options: DemoOptions): Promise<number> {
  const caFile = process.env[caVariable];
  return caFile === undefined ? await runTrusting() : await runStory(caFile, options);
}

async function runTrusting(): Promise<number> {
  const certificates = await createCertificates();
  try {
    const { caFile } = certificates;
    const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile, [caVariable]: caFile },
      stdio: 'inherit',
    });
    const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
    // A terminal signals both processes: this one waits for the other to tidy up.
    process.on('SIGINT', ignore).on('SIGTERM', pass);
    const [code] = (await once(child, 'exit')) as [number | null];
    process.off('SIGINT', ignore).off('SIGTERM', pass);
    return code ?? 1;
  } finally {
    await certificates[Symbol.asyncDispose]();
  }
}

async function runStory(caFile: string, options: DemoOptions): Promise<number> {
  const { createService, json, keep, write } = options;
  let stopping = false;
  const stopped = untilStopped().finally(() => {
    stopping = true;
  });
  const stage = await setStage({ createService, certificates: certificatesBeside(caFile) });
  try {
    const steps: Step[] = [];
    for await (const step of tellStory(stage)) {
      steps.push(step);
      if (!json) write(`${printStep(step)}\n`);
      if (stopping) break;
    }
    const asExpected = steps.length === 8 && steps.every((step) => step.asExpected);
    const places = keep ? placesOf(stage) : null;
    if (json) write(`${JSON.stringify({ asExpected, steps, places }, null, 2)}\n`);
    else if (places !== null) write(printPlaces(places));
    if (keep) await stopped;
    return asExpected ? 0 : 1;
  } finally {
    await stage[Symbol.asyncDispose]();
  }
}

/** Resolves at the first SIGINT or SIGTERM, which then no longer ends the process at once. */
async function untilStopped(): Promise<void> {
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
}

function ignore(): void {
  // The child decides when this command ends.
}
