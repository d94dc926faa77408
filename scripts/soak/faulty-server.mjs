// The program of the server process: issuers with agents on faulty hosts. It ends with its parent.
import { readFile } from 'node:fs/promises';
import { openFaultyHost } from './faulty-host.mjs';
import { createIssuer, listPath } from './papers.mjs';
import { clockAt, kindOf } from './population.mjs';
import { watchStalls } from './stalls.mjs';

const resignMs = 5 * 60_000;
const listType = {
  type: 'application/vc+jwt',
  cacheControl: 'public, max-age=15, must-revalidate, no-transform',
};

const mood = { faultShare: 0 };
const places = [];

const orders = {
  async open({ hosts, clients, epochMs, pace, documentS, certFile, keyFile }) {
    const certificate = { cert: await readFile(certFile), key: await readFile(keyFile) };
    const onFault = (fault) => process.send({ fault });
    const clock = clockAt({ epochMs, pace });
    for (let number = 0; number < hosts; number += 1) {
      const host = await openFaultyHost({ certificate, mood, onFault });
      places.push({ host, issuer: await createIssuer(host.origin, clock), members: [] });
    }
    const described = [];
    for (let number = 0; number < clients; number += 1)
      described.push(await enrol(number, documentS));
    await Promise.all(places.map(publishLists));
    for (const place of places) setInterval(() => publishLists(place), resignMs / pace);
    return {
      clients: described,
      issuers: places.map(({ host, issuer }) => ({
        did: issuer.did,
        origin: host.origin,
        didUrl: `${host.origin}/.well-known/did.json`,
        lists: ['revocation', 'suspension'].map((purpose) => `${host.origin}${listPath(purpose)}`),
      })),
    };
  },
  fail({ faultShare }) {
    mood.faultShare = faultShare;
  },
  /** Marks a client in one list, publishes, and answers with the instant from which that is served. */
  async mark({ number, purpose, value }) {
    const place = places[number % places.length];
    place.issuer.lists.mark(purpose, indexOf(number), value);
    await publishLists(place);
    return Date.now();
  },
  hangUp() {
    for (const { host } of places) host.hangUp();
  },
  count: () => ({
    requests: total('requests'),
    connections: total('connections'),
  }),
};

watchStalls((stall) => process.send({ stall }));
process.on('disconnect', () => process.exit());
process.on('message', async ({ id, order, input }) => {
  try {
    process.send({ id, answer: await orders[order](input) });
  } catch (error) {
    process.send({ id, error: String(error?.stack ?? error) });
  }
});

function indexOf(number) {
  return 4_711 + number;
}

function total(name) {
  return places.reduce((sum, { host }) => sum + host.counts[name], 0);
}

async function enrol(number, documentS) {
  // As the registry's, but for its 300 seconds: the network is what is to be met.
  const documentType = { type: 'application/json', cacheControl: `public, max-age=${documentS}` };
  const place = places[number % places.length];
  const kind = kindOf(number);
  const handle = `bot-${number}`;
  const agent = await place.issuer.writeAgent({ handle, kind, index: indexOf(number) });
  place.host.publish('/.well-known/did.json', { ...documentType, body: place.issuer.didDocument });
  place.host.publish(`/a/${handle}/client.json`, { ...documentType, ...agent.client });
  place.host.publish(`/a/${handle}/jwks.json`, { ...documentType, ...agent.jwks });
  if (kind === 'revoked-before') place.issuer.lists.mark('revocation', indexOf(number), true);
  if (kind === 'suspended-before') place.issuer.lists.mark('suspension', indexOf(number), true);
  const { clientId, redirectUris } = agent;
  return { number, kind, clientId, redirectUris, host: number % places.length };
}

/** One publication at a time and host, so that what is served is always the newest. */
function publishLists(place) {
  place.publishing = (place.publishing ?? Promise.resolve()).then(async () => {
    for (const { path, body, forged } of await place.issuer.lists.seal()) {
      place.host.publish(path, { ...listType, body, forged });
    }
  });
  return place.publishing;
}
