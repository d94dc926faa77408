import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { certificatesBeside, createCertificates } from './certificates.ts';
import type { StoryOptions } from './run-story.ts';

/** What the command was asked for. */
export type DemoOptions = Omit<StoryOptions, 'certificates'>;

/** Names the throw-away CA to the child that trusts it. */
const caVariable = 'DEMO_CA_FILE';

/**
 * Tells the story of the project on real parts over https on loopback and returns the exit code: 0
 * when every step is as expected, 1 otherwise. Node reads NODE_EXTRA_CA_CERTS only when a process
 * starts, so the first process makes the CA and runs this command line again in a second one.
 */
export async function runDemo(options: DemoOptions): Promise<number> {
  const caFile = process.env[caVariable];
  if (caFile === undefined) return runTrusting();
  const { runStory } = await import('./run-story.ts');
  return runStory({ ...options, certificates: certificatesBeside(caFile) });
}

async function runTrusting(): Promise<number> {
  const certificates = await createCertificates();
  try {
    const { caFile } = certificates;
    const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile, [caVariable]: caFile },
      stdio: ['inherit', 'inherit', 'pipe'],
    });
    createInterface({ input: child.stderr }).on('line', passOn);
    const terminate = (): void => void child.kill('SIGTERM');
    // A terminal interrupts both processes: this one waits for the other to tidy up.
    process.on('SIGINT', ignore).on('SIGTERM', terminate);
    const [code] = (await once(child, 'exit')) as [number | null];
    process.off('SIGINT', ignore).off('SIGTERM', terminate);
    return code ?? 1;
  } finally {
    await certificates[Symbol.asyncDispose]();
  }
}

/** What node-oidc-provider says about keeping its state in memory is meant for real servers. */
function passOn(line: string): void {
  if (!line.includes('oidc-provider WARNING')) process.stderr.write(`${line}\n`);
}

function ignore(): void {
  // The child decides when this command ends.
}
