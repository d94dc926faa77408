import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { createLog } from '../src/http/log.ts';
import { settleEach } from '../src/kernel/settle-each.ts';
import { startRounds } from '../src/rounds.ts';

const log = createLog('silent');
const agents = Array.from({ length: 1_000 }, (_, number) => number);

/** A process that takes over, and so begins a round within half a second. */
function startAtOnce(round: (stopping: AbortSignal) => Promise<{ readonly failures: [] }>) {
  const interruption = new AbortController();
  let mayRun = false;
  const order = { log, stopping: interruption.signal, mayRun: () => mayRun };
  const ended = startRounds(round, order);
  mayRun = true;
  return { interruption, ended };
}

it('a stop waits for the step that a round is at, and for none after it', async () => {
  const steps: ('begun' | 'done')[] = [];
  const { interruption, ended } = startAtOnce(async (stopping) => {
    const step = async () => {
      steps.push('begun');
      await sleep(300);
      steps.push('done');
    };
    await settleEach(agents, step, stopping);
    return { failures: [] };
  });
  await vi.waitUntil(() => steps.length > 0, { timeout: 5_000 });
  interruption.abort();
  await ended();
  expect(steps.filter((one) => one === 'begun')).toHaveLength(64);
  expect(steps.filter((one) => one === 'done')).toHaveLength(64);
});

it('no round begins once rounds are stopped, though nobody has ended them yet', async () => {
  let rounds = 0;
  const { interruption, ended } = startAtOnce(async () => {
    rounds += 1;
    return { failures: [] };
  });
  interruption.abort();
  await sleep(1_200);
  await ended();
  expect(rounds).toBe(0);
});
