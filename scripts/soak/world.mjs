import { readFile } from 'node:fs/promises';
import { createVerifier } from '../../dist/verifier/index.js';
import { guardedFetch } from '../../dist/verifier/node/index.js';
import { clockAt } from './population.mjs';

/** Opens the hosts of the server process; resolves with issuers, and with clients and their truth. */
export async function openWorld({ server, options, certificates }) {
  const { certFile, keyFile } = certificates;
  const { hosts, clients, pace, documentS } = options;
  const epochMs = Date.now();
  const order = { hosts, clients, epochMs, pace, documentS, certFile, keyFile };
  const { clients: described, issuers } = await server.ask('open', order);
  return {
    clock: pace === 1 ? Date.now : clockAt({ epochMs, pace }),
    issuers,
    clients: described.map((client) => withTruth(client, issuers[client.host])),
  };
}

/** A client with what the soak knows of it, and the URLs that its verdicts rest on. */
function withTruth(client, { origin, didUrl, lists }) {
  const { clientId, kind } = client;
  const always = { from: 0, until: Number.POSITIVE_INFINITY, toldAt: Number.POSITIVE_INFINITY };
  return {
    ...client,
    origin,
    didUrl,
    urls: [clientId, clientId.replace(/client\.json$/, 'jwks.json'), didUrl, ...lists],
    stops: kind.endsWith('-before') ? [always] : [],
  };
}

/** The verifier that is soaked: its defaults, but for the freshness limit and the pace of its clock. */
export async function createSoaked({ world, certificates, limitS }) {
  const trust = world.issuers.map(({ did, origin }) => ({
    issuer: did,
    clientIds: [`${origin}/a/`],
    credentialTypes: ['AgentAuthorizationCredential'],
  }));
  return createVerifier({
    fetch: guardedFetch({ allowLoopback: true, ca: await readFile(certificates.caFile, 'utf8') }),
    policy: { mode: 'enforce', trust, status: { maxAgeS: limitS } },
    clock: world.clock,
  });
}
