// The program of a process that embeds the verifier: carries out one order at a time.
import { readFileSync } from 'node:fs';
import { createVerifier } from '../../dist/verifier/index.js';
import { guardedFetch } from '../../dist/verifier/node/index.js';
import { cpuOver } from './measure.mjs';
import { replayOf, requireAccepted } from './recording.mjs';

const { clientId, policy, documents } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const outcomes = new Map(documents.map((document) => [document.url, outcomeOf(document)]));
const { inflate } = guardedFetch();
const fetch = replayOf({ outcomes, inflate });
const measures = {
  memory: measureMemory,
  cold: ({ verdicts }) => cpuOver(judgeCold, verdicts),
  bare: async ({ verdicts }) => cpuOver(await createBareChecks(), verdicts),
};

process.on('disconnect', () => process.exit());
process.on('message', async (order) => {
  try {
    process.send({ measured: await measures[order.measure](order) });
  } catch (error) {
    process.send({ error: String(error) });
  }
});

function outcomeOf({ status, headers, body }) {
  const octets = new Uint8Array(Buffer.from(body, 'base64'));
  return { ok: true, response: { status, headers: new Map(headers), body: octets } };
}

function judgeCold() {
  return requireAccepted(createVerifier({ fetch, policy }), clientId);
}

/** Looked at from inside: what the system calls the peak is often that of the process that forked. */
async function measureMemory({ warm, cold }) {
  const verifier = createVerifier({ fetch, policy });
  const residents = [];
  for (let verdict = 0; verdict < warm + cold; verdict += 1) {
    await (verdict < warm ? requireAccepted(verifier, clientId) : judgeCold());
    if (verdict % 10 === 0) residents.push(process.memoryUsage.rss() / 1_000_000);
  }
  return { after: residents.at(-1), peak: Math.max(...residents) };
}

/** As few lines as an application has that knows its issuer's key and nothing of status. */
async function createBareChecks() {
  const { importJWK, jwtVerify } = await import('jose');
  const texts = documents.map(({ body }) => Buffer.from(body, 'base64').toString());
  const [client, did] = [clientId, '/did.json'].map((end) =>
    JSON.parse(texts[documents.findIndex(({ url }) => url.endsWith(end))]),
  );
  const signed = [client['vc+jwt'], ...texts.filter((text) => text.startsWith('ey'))];
  if (signed.length !== 3) throw new Error(`${signed.length} signed texts in place of three.`);
  const [{ publicKeyJwk }] = did.verificationMethod;
  return async () => {
    for (const text of signed) await jwtVerify(text, await importJWK(publicKeyJwk, 'ES256'));
  };
}
