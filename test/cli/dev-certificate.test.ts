import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runRecorded } from '../support/recording-terminal.ts';

const directory = mkdtempSync(join(tmpdir(), 'dev-certificate-'));
const run = (folder: string, ...more: readonly string[]) =>
  runRecorded(['dev-certificate', folder, ...more]);

test('a certificate for localhost is made in a new folder, with the settings that use it', async () => {
  const folder = join(directory, 'tls');
  const answer = await run(folder);
  expect(answer).toMatchObject({ code: 0, err: '' });
  expect(answer.out).toContain(`SEALWRIGHT_TLS_CERT=${folder}/cert.pem`);
  expect(answer.out).toContain(`SEALWRIGHT_TLS_KEY=${folder}/key.pem`);
  expect(answer.out).toContain(`NODE_EXTRA_CA_CERTS=${folder}/ca.pem`);
  expect(readdirSync(folder).sort()).toEqual(['ca.pem', 'cert.pem', 'key.pem']);
  expect(statSync(join(folder, 'key.pem')).mode & 0o777).toBe(0o600);
  const [leaf, ca] = ['cert.pem', 'ca.pem'].map(
    (name) => new X509Certificate(readFileSync(join(folder, name))),
  );
  expect(leaf?.checkHost('localhost')).toBe('localhost');
  expect(leaf?.checkIssued(ca ?? leaf)).toBe(true);
  const days = (Date.parse(leaf?.validTo ?? '') - Date.now()) / 86_400_000;
  expect(days).toBeGreaterThan(29);
  expect(days).toBeLessThan(31);
});

test('one that is there is left alone, exit 2', async () => {
  const folder = join(directory, 'again');
  await run(folder);
  const before = readFileSync(join(folder, 'key.pem'), 'utf8');
  const answer = await run(folder);
  expect(answer).toMatchObject({
    code: 2,
    out: '',
    err: expect.stringContaining(`There is a certificate in ${folder} already`),
  });
  expect(readFileSync(join(folder, 'key.pem'), 'utf8')).toBe(before);
});

test('a folder that cannot be is exit 2, and data with --json', async () => {
  const file = join(directory, 'file');
  writeFileSync(file, '');
  const answer = await run(join(file, 'tls'), '--json');
  expect(answer.code).toBe(2);
  expect(JSON.parse(answer.err)).toMatchObject({ error: { code: 'usage' } });
});
