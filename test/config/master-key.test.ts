import { chmodSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { findMasterKey, masterKeyPath } from '../../src/config/master-key.ts';
import { Secret } from '../../src/config/secrets.ts';

let dataDir: string;
const text = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';

beforeEach(() => {
  dataDir = join(mkdtempSync(join(tmpdir(), 'master-key-')), 'deep', 'data');
});

test('is made once, readable by its owner alone, and found again', async () => {
  const made = await findMasterKey({ given: undefined, dataDir, databaseExists: false });
  const path = masterKeyPath(dataDir);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(made.reveal()).toHaveLength(32);
  expect(readFileSync(path, 'utf8')).toBe(`${Buffer.from(made.reveal()).toString('base64url')}\n`);
  const found = await findMasterKey({ given: undefined, dataDir, databaseExists: true });
  expect(found.reveal()).toEqual(made.reveal());
});

test('is never made where a database exists', async () => {
  const question = { given: undefined, dataDir, databaseExists: true };
  await expect(findMasterKey(question)).rejects.toMatchObject({ code: 'start-refused' });
  expect(() => statSync(masterKeyPath(dataDir))).toThrow('ENOENT');
});

test('comes from the environment when it is there', async () => {
  const given = new Secret(new Uint8Array(32).fill(7));
  const found = await findMasterKey({ given, dataDir, databaseExists: true });
  expect(found).toBe(given);
  expect(() => statSync(dataDir)).toThrow('ENOENT');
});

test('a file that others may read refuses the start', async () => {
  await findMasterKey({ given: undefined, dataDir, databaseExists: false });
  chmodSync(masterKeyPath(dataDir), 0o640);
  await expect(
    findMasterKey({ given: undefined, dataDir, databaseExists: true }),
  ).rejects.toMatchObject({ code: 'start-refused', detail: expect.stringContaining('chmod 600') });
});

test.each([
  ['half a key', text.slice(0, 20)],
  ['nothing', ''],
])('a file with %s refuses the start and is left alone', async (_, content) => {
  await findMasterKey({ given: undefined, dataDir, databaseExists: false });
  const path = masterKeyPath(dataDir);
  writeFileSync(path, content);
  await expect(
    findMasterKey({ given: undefined, dataDir, databaseExists: false }),
  ).rejects.toMatchObject({ code: 'start-refused' });
  expect(readFileSync(path, 'utf8')).toBe(content);
});
