import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CheckpointFiles } from '../../src/checkpoints/checkpoint-file.ts';

let directory: string;
let files: CheckpointFiles;

beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'sealwright-checkpoints-')), 'audit');
  files = new CheckpointFiles(directory);
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

function checkpoint(size: number, signedAt = '2026-11-20T12:00:00Z') {
  return { size, note: `log\n${size}\nroot\n\n— log sig\n`, signedAt: new Date(signedAt) };
}

it('has nothing before the first checkpoint', async () => {
  expect([await files.last(), await files.all()]).toEqual([null, []]);
});

it('appends, and only its owner may read it', async () => {
  await files.append(checkpoint(1));
  const text = readFileSync(join(directory, 'checkpoints-2026-11.jsonl'), 'utf8');
  await files.append(checkpoint(2));
  const longer = readFileSync(join(directory, 'checkpoints-2026-11.jsonl'), 'utf8');
  expect(longer.startsWith(text)).toBe(true);
  expect(await files.all()).toEqual([checkpoint(1), checkpoint(2)]);
  expect(await files.last()).toEqual(checkpoint(2));
  expect(statSync(join(directory, 'checkpoints-2026-11.jsonl')).mode & 0o777).toBe(0o600);
});

it('begins a file each month, and stays with the newest when the clock steps back', async () => {
  await files.append(checkpoint(1));
  await files.append(checkpoint(2, '2026-12-01T00:00:00Z'));
  await files.append(checkpoint(3, '2026-11-30T23:59:00Z'));
  expect(readdirSync(directory).toSorted()).toEqual([
    'checkpoints-2026-11.jsonl',
    'checkpoints-2026-12.jsonl',
  ]);
  expect((await files.last())?.size).toBe(3);
  expect((await files.all()).map(({ size }) => size)).toEqual([1, 2, 3]);
});

it('passes over a line that a crash left unfinished, and goes on behind it', async () => {
  await files.append(checkpoint(1));
  appendFileSync(join(directory, 'checkpoints-2026-11.jsonl'), '{"size":2,"no');
  expect((await files.last())?.size).toBe(1);
  await files.append(checkpoint(3));
  expect((await files.all()).map(({ size }) => size)).toEqual([1, 3]);
});

it('finds the last of very many without reading them all', async () => {
  await files.append(checkpoint(1));
  const line = `${JSON.stringify({ size: 7, signedAt: '2026-11-20T12:00:00Z', note: 'x'.repeat(400) })}\n`;
  writeFileSync(join(directory, 'checkpoints-2026-11.jsonl'), line.repeat(1_000));
  await files.append(checkpoint(9));
  expect((await files.last())?.size).toBe(9);
  expect(await files.all()).toHaveLength(1_001);
});

it('leaves files of others alone', async () => {
  await files.append(checkpoint(1));
  writeFileSync(join(directory, 'journal-2026-12.jsonl'), 'something else\n');
  expect((await files.last())?.size).toBe(1);
});
