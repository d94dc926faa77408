import { mkdir } from 'node:fs/promises';
import type { CertificateFiles } from '../demo/certificates.ts';
import type { Command } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { usageFailure } from './failure.ts';
import { printable } from './paint.ts';

const daysValid = 30;

/** For trying things on one machine: authorization servers take no client_id without https. */
export const devCertificate: Command = {
  words: 'dev-certificate',
  summary: 'make a certificate for https://localhost, for development only',
  example: 'dev-certificate ./tls',
  arguments: [{ form: '<folder>', help: 'where ca.pem, cert.pem and key.pem go' }],
  options: [],
  run: async (call) => {
    const folder = call.argument(0);
    const { writeCertificates } = await import('../demo/certificates.ts');
    const files = await mkdir(folder, { recursive: true, mode: 0o700 })
      .then(() => writeCertificates(folder, { daysValid }))
      .catch((cause: unknown) => {
        throw usageFailure(refusalOf(folder, cause));
      });
    call.print({ ...files, host: 'localhost', daysValid }, () => `${settingsFor(files)}\n`);
    return exitCodes.ok;
  },
};

function settingsFor({ caFile, certFile, keyFile }: CertificateFiles): string {
  return [
    `For https://localhost, ${daysValid} days. The service:`,
    `  SEALWRIGHT_URL=https://localhost:8787 SEALWRIGHT_TLS_CERT=${certFile} SEALWRIGHT_TLS_KEY=${keyFile}`,
    'Whoever asks it, this command included:',
    `  NODE_EXTRA_CA_CERTS=${caFile} SEALWRIGHT_SERVER=https://localhost:8787`,
  ]
    .map(printable)
    .join('\n');
}

function refusalOf(folder: string, cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unwritable';
  return code === 'EEXIST'
    ? `There is a certificate in ${folder} already: remove it, or name another folder.`
    : `The certificate cannot be made in ${folder} (${code}).`;
}
