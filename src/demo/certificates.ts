import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { generate } from 'selfsigned';

/** Where the throw-away CA and the certificate for `localhost` that it signed are, as PEM files. */
export interface CertificateFiles {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** Makes certificates in a folder of the system's that only this user may enter, for two days. */
export async function createCertificates(): Promise<CertificateFiles & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'sealwright-tls-'));
  const files = await writeCertificates(folder, { daysValid: 2 });
  return { ...files, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

/**
 * Makes a CA and a certificate for `localhost` that it signed. The CA's key is never written:
 * nothing else can be signed with it. Files that are there are not overwritten: it rejects.
 */
export async function writeCertificates(
  folder: string,
  { daysValid }: { readonly daysValid: number },
): Promise<CertificateFiles> {
  const files = certificatesIn(folder);
  const { ca, leaf } = await signLeaf(daysValid);
  await writeFile(files.keyFile, leaf.private, { mode: 0o600, flag: 'wx' });
  await writeFile(files.certFile, leaf.cert, { flag: 'wx' });
  await writeFile(files.caFile, ca.cert, { flag: 'wx' });
  return files;
}

/** The files beside a CA file made by `createCertificates`, for a process that was given that one. */
export function certificatesBeside(caFile: string): CertificateFiles {
  return certificatesIn(dirname(caFile));
}

function certificatesIn(folder: string): CertificateFiles {
  return {
    caFile: join(folder, 'ca.pem'),
    certFile: join(folder, 'cert.pem'),
    keyFile: join(folder, 'key.pem'),
  };
}

async function signLeaf(daysValid: number) {
  const notAfterDate = new Date(Date.now() + daysValid * 86_400_000);
  const common = { keyType: 'ec', algorithm: 'sha256', notAfterDate } as const;
  const ca = await generate([{ name: 'commonName', value: 'Sealwright throw-away CA' }], {
    ...common,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, critical: true },
    ],
  });
  const leaf = await generate([{ name: 'commonName', value: 'localhost' }], {
    ...common,
    ca: { key: ca.private, cert: ca.cert },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
    ],
  });
  return { ca, leaf };
}
