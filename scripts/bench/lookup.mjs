import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { guardedFetch } from '../../dist/verifier/node/index.js';
import { compare } from './measure.mjs';
import { orders } from './papers.mjs';
import { startProcess } from './processes.mjs';
import { recordDocuments, trusting } from './recording.mjs';
import { startRegistry } from './registry.mjs';

const program = new URL('lookup-process.mjs', import.meta.url);
// node-oidc-provider takes https and nothing else for a client_id.
const origin = 'https://id.bench.example';

/**
 * What agents by their papers cost node-oidc-provider in CPU, over stored octets and warm: lookups of
 * a client within a request, and whole token requests by client credentials with a signed assertion,
 * of which half is the requesting side's.
 * The other server takes any metadata document, judges nothing, and keeps the document by itself.
 */
export async function measureLookup({ folder, scale, say }) {
  const file = await writeAgent(folder);
  const started = Object.fromEntries(
    ['plain', 'agents'].map((contender) => [contender, startProcess(file, contender, program)]),
  );
  const { warmUps, rounds, ...times } = scale.lookup;
  const sampleOf = (contender, measure) => () =>
    started[contender].ask({ measure, times: times[measure] });
  const contenders = {
    'client lookup, agents by their papers': sampleOf('agents', 'lookups'),
    'client lookup, any document': sampleOf('plain', 'lookups'),
    'token request, agents by their papers': sampleOf('agents', 'tokens'),
    'token request, any document': sampleOf('plain', 'tokens'),
  };
  try {
    const figures = await compare(contenders, { warmUps, rounds, say });
    const inMicroseconds = ([name, figure]) => [name, { unit: 'µs', ...figure }];
    return Object.fromEntries(Object.entries(figures).map(inMicroseconds));
  } finally {
    for (const { stop } of Object.values(started)) await stop();
  }
}

/** An agent of a registry that is reached in plain behind its https origin, and what is read of it. */
async function writeAgent(folder) {
  const own = join(folder, 'lookup');
  mkdirSync(own, { mode: 0o711 });
  const registry = await startRegistry(own, origin);
  try {
    const { agent, privateJwk } = await registry.enrolWithKey();
    for (const order of orders) await registry.issue({ handle: agent.handle, order });
    const { clientId } = agent;
    const guarded = guardedFetch({ allowLoopback: true });
    const reach = (url) => url.replace(origin, registry.listensAt);
    const network = Object.assign((url, options) => guarded(reach(url), options), guarded);
    const policy = trusting(origin);
    const { outcomes } = await recordDocuments({ clientId, policy, network });
    const documents = [...outcomes].map(([url, { response }]) => ({
      url,
      headers: [...response.headers],
      body: Buffer.from(response.body).toString('base64'),
    }));
    const file = join(folder, 'agent.json');
    writeFileSync(file, JSON.stringify({ clientId, policy, privateJwk, documents }));
    return file;
  } finally {
    await registry.stop();
  }
}
