import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockDirectory } from '../../src/db/lock-directory.ts';

let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'sw-lock-'));
});

afterEach(() => {
  rmSync(dataDir, { recursive: true, force: true });
});

/** Another process that holds a claim on the directory, as a service of ours would. */
async function otherHolder(): Promise<ChildProcess> {
  const claim = join(dataDir, 'claims', '1234-00000000');
  const program = `require('fs').mkdirSync(${JSON.stringify(join(dataDir, 'claims'))}, { recursive: true });
    require('net').createServer().listen(${JSON.stringify(claim)}, () => console.log('held'));`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

it('refuses a second holder and names the first', async () => {
  const lock = await lockDirectory(dataDir);
  await expect(lockDirectory(dataDir)).rejects.toMatchObject({
    code: 'start-refused',
    detail: `Another service (process ${process.pid}) uses the data directory ${dataDir}. Stop it first, or set SEALWRIGHT_DATA_DIR.`,
  });
  await lock.release();
});

it('can be taken again once released, and leaves nothing behind', async () => {
  await (await lockDirectory(dataDir)).release();
  await (await lockDirectory(dataDir)).release();
  expect(readdirSync(join(dataDir, 'claims'))).toEqual([]);
});

it('holds against another process, and is free as soon as that process is killed', async () => {
  const holder = await otherHolder();
  await expect(lockDirectory(dataDir)).rejects.toMatchObject({
    code: 'start-refused',
    detail: expect.stringContaining('process 1234'),
  });
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  const lock = await lockDirectory(dataDir);
  expect(readdirSync(join(dataDir, 'claims'))).toHaveLength(1);
  await lock.release();
});

it('lets at most one of many that start together go on', async () => {
  const attempts = await Promise.allSettled(
    Array.from({ length: 8 }, () => lockDirectory(dataDir)),
  );
  const holders = attempts.filter((attempt) => attempt.status === 'fulfilled');
  expect(holders.length).toBeLessThanOrEqual(1);
  for (const holder of holders) await holder.value.release();
});

it('works in a directory whose name is too long for a socket', async () => {
  const deep = join(dataDir, 'd'.repeat(150));
  const lock = await lockDirectory(deep);
  await expect(lockDirectory(deep)).rejects.toMatchObject({ code: 'start-refused' });
  await lock.release();
  expect(readdirSync(join(deep, 'claims'))).toEqual([]);
});

it('clears away what nobody listens on', async () => {
  const lock = await lockDirectory(dataDir);
  await lock.release();
  writeFileSync(join(dataDir, 'claims', '99-not-a-socket'), '');
  const next = await lockDirectory(dataDir);
  expect(readdirSync(join(dataDir, 'claims'))).not.toContain('99-not-a-socket');
  await next.release();
});
