// The program of a process that embeds one contender: carries out one order at a time.
import { readFileSync } from 'node:fs';
import { createVerifier } from '../../dist/verifier/index.js';
import { guardedFetch } from '../../dist/verifier/node/index.js';
import { cpuOver, numbersFor, rateOver } from './measure.mjs';
import { answerOrders } from './orders.mjs';
import { replayOf, requireAccepted } from './recording.mjs';

const [, , file, contender] = process.argv;
const { clientId, policy, documents, foreign } = JSON.parse(readFileSync(file, 'utf8'));
const network = guardedFetch({ allowLoopback: true });
const outcomes = new Map(documents.map((document) => [document.url, outcomeOf(document)]));
const { inflate, sha256 } = network;
const replay = replayOf({ outcomes, lent: { inflate, sha256 } });

const contenders = {
  warm: () => judgeWith(createVerifier({ fetch: replay, policy })),
  cold: () => judgeCold,
  'cold over HTTP': () => () => judgeWith(createVerifier({ fetch: network, policy }))(),
  'bare check': async () => {
    const { jwtVerify, importJWK } = await import('jose');
    const { passport, jwk } = signedTexts();
    const key = await importJWK(jwk, 'ES256');
    return () => jwtVerify(passport, key);
  },
  // As few lines as an application has that knows its issuer's key and nothing of status.
  'bare checks': async () => {
    const { jwtVerify, importJWK } = await import('jose');
    const { passport, lists, jwk } = signedTexts();
    if (lists.length !== 2) throw new Error(`${lists.length} status lists in place of two`);
    return async () => {
      for (const text of [passport, ...lists]) await jwtVerify(text, await importJWK(jwk, 'ES256'));
    };
  },
  veramo: async () => verifyForeign((await import('./stock-veramo.mjs')).createVeramoVerify),
  credo: async () => verifyForeign((await import('./peers.mjs')).createCredoVerify),
  agentcommercekit: async () => verifyForeign((await import('./peers.mjs')).createAckVerify),
};

const measures = {
  rate: async ({ forMs }) => rateOver(await run, { items: numbersFor(forMs) }),
  cpu: async ({ times }) => cpuOver(await run, times),
  memory: measureMemory,
};

const run = prepare();
// The order that needs it tells what went wrong.
run.catch(() => undefined);
answerOrders(measures);

async function prepare() {
  return contenders[contender]();
}

function outcomeOf({ status, headers, body }) {
  const octets = new Uint8Array(Buffer.from(body, 'base64'));
  return { ok: true, response: { status, headers: new Map(headers), body: octets } };
}

function judgeWith(verifier) {
  return () => requireAccepted(verifier, clientId);
}

function judgeCold() {
  return requireAccepted(createVerifier({ fetch: replay, policy }), clientId);
}

function signedTexts() {
  const texts = documents.map(({ body }) => Buffer.from(body, 'base64').toString());
  const [client, did] = [clientId, '/did.json'].map((end) =>
    JSON.parse(texts[documents.findIndex(({ url }) => url.endsWith(end))]),
  );
  const lists = texts.filter((text) => text.startsWith('ey'));
  return { passport: client['vc+jwt'], lists, jwk: did.verificationMethod[0].publicKeyJwk };
}

async function verifyForeign(create) {
  const verify = await create(foreign);
  const refused = await verify(foreign.forged).then(
    () => false,
    () => true,
  );
  // A peer that takes everything would be fast, and no peer.
  if (!refused) throw new Error('accepts a forged credential');
  return () => verify(foreign.jwt);
}

/** Looked at from inside: what the system calls the peak is often that of the process that forked. */
async function measureMemory({ warm, cold }) {
  const judgeWarm = await run;
  const residents = [];
  for (let verdict = 0; verdict < warm + cold; verdict += 1) {
    await (verdict < warm ? judgeWarm() : judgeCold());
    if (verdict % 10 === 0) residents.push(process.memoryUsage.rss() / 1_000_000);
  }
  return { after: residents.at(-1), peak: Math.max(...residents) };
}
