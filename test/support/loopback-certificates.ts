import { createCertificates } from '../../src/demo/certificates.ts';

let certificates: Awaited<ReturnType<typeof createCertificates>> | undefined;

/**
 * Global set-up: makes a throw-away CA and has the worker processes trust it. Node reads
 * NODE_EXTRA_CA_CERTS at process start only, so this must run before a worker is forked.
 */
export async function setup(): Promise<void> {
  certificates = await createCertificates();
  process.env['NODE_EXTRA_CA_CERTS'] = certificates.caFile;
}

/** Removes the CA with its folder. */
export async function teardown(): Promise<void> {
  await certificates?.[Symbol.asyncDispose]();
}
