import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, it } from 'vitest';
import { certificatesBeside, createCertificates } from '../../src/demo/certificates.ts';

it('makes a CA and a certificate for localhost that the CA signed, and removes them', async () => {
  const files = await createCertificates();
  const ca = new X509Certificate(readFileSync(files.caFile));
  const leaf = new X509Certificate(readFileSync(files.certFile));
  expect(ca.ca).toBe(true);
  expect(leaf.ca).toBe(false);
  expect(leaf.verify(ca.publicKey)).toBe(true);
  expect(leaf.checkHost('localhost')).toBe('localhost');
  expect(leaf.checkHost('id.acme.com')).toBeUndefined();
  expect(statSync(files.keyFile).mode & 0o777).toBe(0o600);
  expect(certificatesBeside(files.caFile)).toMatchObject({
    certFile: files.certFile,
    keyFile: files.keyFile,
  });
  await files[Symbol.asyncDispose]();
  expect(existsSync(dirname(files.caFile))).toBe(false);
});
