#!/usr/bin/env node
/**
 * Starts the service under other clocks (libfaketime): lists and iat never go back, a clock far behind
 * has nothing signed and says so, and nothing is issued that ends before it begins.
 *
 *   node test/reliability/clock-drill.mjs [--steps=-2h,+2h,-1s,1970]
 *
 * It needs `faketime` (Debian: apt-get install faketime); otherwise it says so in `skipped`.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import {
  agentOf,
  call,
  createWorld,
  done,
  facet,
  payloadOf,
  readList,
  removeWorld,
  report,
  startService,
  stopService,
} from './world.mjs';

const { values } = parseArgs({
  options: { steps: { type: 'string', default: '-1s,+2h,-2h,+40d,-40d,1970' } },
});
const secondsOf = { s: 1, h: 3_600, d: 86_400 };
/** The small steps are taken a hundred times. */
const repeats = 100;

const failures = [];
const expect = (holds, what) => {
  if (!holds) failures.push(what);
};

const world = await createWorld();
const clockFile = join(world.place, 'clock');
const library = findLibrary();
try {
  if (library === null) report({ skipped: 'faketime is not installed' }, []);
  else report(await drill(), failures);
} catch (error) {
  report({}, [...failures, String(error?.stack ?? error)]);
} finally {
  removeWorld(world);
}

function findLibrary() {
  try {
    execFileSync('faketime', ['--version'], { stdio: 'ignore' });
    for (const folder of readdirSync('/usr/lib').filter((name) => name.includes('linux'))) {
      const path = join('/usr/lib', folder, 'faketime', 'libfaketimeMT.so.1');
      try {
        execFileSync('test', ['-e', path]);
        return path;
      } catch {}
    }
  } catch {}
  return null;
}

function setClock(offsetS) {
  writeFileSync(clockFile, `${offsetS >= 0 ? '+' : ''}${offsetS}\n`);
}

async function drill() {
  setClock(0);
  // Timers go by the monotonic clock, which stays as it is; the database has the real clock.
  const wrapper = ['env', `LD_PRELOAD=${library}`, `FAKETIME_TIMESTAMP_FILE=${clockFile}`];
  world.wrapper = [...wrapper, 'FAKETIME_DONT_FAKE_MONOTONIC=1', 'FAKETIME_NO_CACHE=1'];
  await startService(world);
  await done(world, 'POST', '/agents', agentOf('bot'));
  let offset = 0;
  let latest = await readList(world, '/status/1r');
  const steps = [];
  for (const step of values.steps.split(',')) {
    const jumps = step === '-1s' ? repeats : 1;
    const outcomes = { signed: 0, refused: 0 };
    for (let jump = 0; jump < jumps; jump += 1) {
      offset = offsetAfter(offset, step);
      setClock(offset);
      await sleep(20);
      const now = Date.now() + offset * 1_000;
      const isBehind = now < Date.parse(latest.validFrom) - 300_000;
      if (jump % 10 === 0 || jumps === 1)
        latest = await tryWrite({ latest, isBehind, outcomes, step });
    }
    steps.push({ step, ...outcomes });
  }
  await stopService(world);
  return { steps };
}

function offsetAfter(offset, step) {
  if (step === '1970') return -Math.floor(Date.now() / 1_000) + 86_400;
  return offset + Number(step.slice(0, -1)) * secondsOf[step.at(-1)];
}

async function tryWrite({ latest, isBehind, outcomes, step }) {
  const issued = await call(world, 'POST', '/agents/bot/credentials', facet);
  if (issued.status === 201) {
    const { iat, exp } = payloadOf(issued.body.jwt);
    expect(exp > iat, `${step}: a credential ends at ${exp} and begins at ${iat}`);
    const path = `/credentials/${issued.body.id}/revoke`;
    const revoked = await call(world, 'POST', path, { reason: 'drill' });
    if (isBehind) {
      expect(revoked.body.code === 'clock-behind', `${step}: revoke is ${revoked.status}`);
    } else expect(revoked.status === 200, `${step}: revoke is ${revoked.status}`);
    outcomes[revoked.status === 200 ? 'signed' : 'refused'] += 1;
  } else outcomes.refused += 1;
  const answer = await fetch(`${world.url}/status/1r`);
  if (answer.status !== 200) return latest;
  const present = await readList(world, '/status/1r');
  expect(present.validFrom >= latest.validFrom, `${step}: the list is older than before`);
  expect(present.iat >= latest.iat, `${step}: iat went back`);
  return present;
}
