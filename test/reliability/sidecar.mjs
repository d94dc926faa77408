/** A sidecar of the verifier from dist/, in a process of its own, that hears of events. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const binary = resolve(import.meta.dirname, '../../dist/cli/cli.js');
const sidecarToken = 'sidecar-token-of-the-drill-0123456789';

/**
 * Starts it with a policy whose transmitters it polls, and waits until events come.
 *
 * @param {{ folder: string, policy: object, transmitter: string, eventsToken: string }} order
 */
export async function startSidecar({ folder, policy, transmitter, eventsToken }) {
  const path = join(folder, 'trust.yaml');
  const events = [{ transmitter, delivery: 'poll' }];
  writeFileSync(path, JSON.stringify({ ...policy, events }));
  const typed = ['verifier', 'serve', '--allow-loopback', '--listen', '127.0.0.1:0'];
  const child = spawn(process.execPath, [binary, ...typed, '--policy', path], {
    env: {
      ...process.env,
      SEALWRIGHT_SIDECAR_TOKEN: sidecarToken,
      SEALWRIGHT_EVENTS_TOKEN: eventsToken,
    },
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  child.stdout.resume();
  while (!/are up\n/.test(said)) {
    if (child.exitCode !== null) throw new Error(`the sidecar ended: ${said}`);
    await sleep(20);
  }
  const [, url] = /listening on (\S+),/.exec(said);
  const headers = { authorization: `Bearer ${sidecarToken}`, 'content-type': 'application/json' };
  return {
    /** The outcome for `{client_id}` or `{jwt}`. */
    async ask(question) {
      const body = JSON.stringify(question);
      const response = await fetch(`${url}/api/v1/verify`, { method: 'POST', headers, body });
      return (await response.json()).outcome;
    },
    async close() {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}
