import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Listeners, startListeners } from '../../src/http/listeners.ts';
import { createPublicPlane } from '../../src/http/public-plane.ts';
import type { IssuerKey } from '../../src/journeys/issuer-key.ts';
import { createVerifier } from '../../src/verifier/index.ts';
import { guardedFetch } from '../../src/verifier/node/index.ts';
import type { Verifier } from '../../src/verifier/ports.ts';
import { openRegistryWorld, type RegistryWorld } from '../journeys/registry-world.ts';
import { freePort } from '../support/running-service.ts';

const rotations = 50;
const stepMs = 61_000;
/** Ten steps are as long as a prepared key has to wait. */
const steps = 10;
const restMs = 12 * 3_600_000;
const handles = ['one', 'two', 'three'];
const validities = ['P1D', 'P3D', 'P7D', 'P30D', 'P398D'];

let world: RegistryWorld;
let listeners: Listeners;
let baseUrl: string;

beforeAll(async () => {
  const port = await freePort();
  baseUrl = `http://localhost:${port}`;
  world = await openRegistryWorld({ baseUrl, loopback: true });
  const { documents } = world.database.readers;
  const plane = createPublicPlane({
    documents: { peek: () => undefined, read: (path) => documents.find(path) },
    clock: world.clock,
    origin: baseUrl,
    next: null,
  });
  const settings = {
    ...{ listen: { host: '127.0.0.1', port }, adminListen: undefined },
    tls: undefined,
  };
  listeners = await startListeners(settings, { public: plane, admin: null });
});

afterAll(() => listeners.close());

function newVerifier(): Verifier {
  const credentialTypes = ['Authorization', 'Compliance', 'Provenance', 'AllowedActions'].map(
    (name) => `Agent${name}Credential`,
  );
  return createVerifier({
    fetch: guardedFetch({ allowLoopback: true }),
    clock: () => world.clock.now().getTime(),
    policy: {
      mode: 'enforce',
      trust: [{ issuer: world.organization.did, clientIds: [`${baseUrl}/a/`], credentialTypes }],
      lifetime: { maxDays: 400 },
    },
  });
}

/** Everything sealed that is unexpired and was not revoked, of whatever age. */
async function standing(): Promise<readonly string[]> {
  const at = world.clock.now();
  const found: string[] = [];
  for (const handle of handles) {
    const { id } = await world.agent(handle);
    for (const { jwt, revokedAt, validUntil } of await heldBy(id)) {
      if (jwt !== null && revokedAt === null && validUntil > at) found.push(jwt);
    }
  }
  return found;
}

const heldBy = (agentId: Awaited<ReturnType<RegistryWorld['agent']>>['id']) =>
  world.registry.listCredentials(
    { organizationId: world.organization.id, agentId, at: world.clock.now() },
    { limit: 1_000 },
  );

const failures: string[] = [];
let verified = 0;

async function verifyAll(verifier: Verifier, jwts: readonly string[]): Promise<void> {
  const asked = [
    ...handles.map((handle) => verifier.verifyClient(`${baseUrl}/a/${handle}/client.json`)),
    ...jwts.map((jwt) => verifier.verifyCredential(jwt)),
  ];
  for (const { outcome, reason } of await Promise.all(asked)) {
    verified += 1;
    if (outcome !== 'accepted') failures.push(`${outcome} ${reason}`);
  }
}

/** The oldest, the newest and some in between, others each time. */
function sampleOf(jwts: readonly string[], turn: number): readonly string[] {
  const some = jwts.filter((_, place) => (place + turn) % 7 === 0);
  return [...new Set([...jwts.slice(0, 2), ...some.slice(0, 6), ...jwts.slice(-2)])];
}

/** The parts of a rotation that readers may notice, while they read. */
async function rotateUnderLoad(turn: number, verifiers: readonly Verifier[]): Promise<IssuerKey> {
  const { registry, caller, clock } = world;
  const [warm, slow] = verifiers;
  if (warm === undefined || slow === undefined) throw new Error('no verifiers');
  // This one has read the documents in the very moment before the key is in them.
  await verifyAll(slow, sampleOf(await standing(), turn));
  const key = await registry.prepareIssuerKey(caller);
  for (let step = 0; step < steps; step += 1) {
    clock.moveBy(stepMs);
    await world.keep();
    const jwts = sampleOf(await standing(), turn + step);
    await verifyAll(warm, jwts);
    if (step % 4 === 3) await verifyAll(slow, jwts);
  }
  const jwts = await standing();
  const order = { handle: handles[turn % 3] ?? '', validFor: validities[turn % 5] ?? '' };
  const [activated] = await Promise.all([
    registry.activateIssuerKey({ ...caller, key: key.id }),
    world.issue(order.handle, { validFor: order.validFor }),
    ...[warm, slow, newVerifier()].map((verifier) => verifyAll(verifier, jwts)),
  ]);
  await world.issue(order.handle, { validFor: order.validFor, reason: 'CHG-2' });
  for (const verifier of [warm, slow, newVerifier()]) await verifyAll(verifier, await standing());
  return activated;
}

it(`${rotations} rotations under load fail no credential that is unexpired and unrevoked`, async () => {
  await world.keep();
  for (const handle of handles) await world.enrol(handle);
  for (const handle of handles) await world.issue(handle, { validFor: 'P398D' });
  const verifiers = [newVerifier(), newVerifier()];
  let most = 0;
  for (let turn = 0; turn < rotations; turn += 1) {
    const key = await rotateUnderLoad(turn, verifiers);
    expect(key.state).toBe('active');
    expect(failures).toEqual([]);
    const document = await world.document('/.well-known/did.json');
    most = Math.max(most, document?.body.byteLength ?? 0);
    world.clock.moveBy(restMs);
    await world.keep();
  }
  const keys = await world.registry.listIssuerKeys(world.caller);
  console.info(`${verified} verifications; ${keys.length} keys left, DID document ${most} bytes`);
  expect(verified).toBeGreaterThan(5_000);
  expect(keys.length).toBeLessThan(rotations);
  expect(most).toBeLessThan(32_768);
}, 400_000);
