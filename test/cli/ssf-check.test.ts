import { afterEach, beforeEach, expect, it } from 'vitest';
import { type AgentWorld, startAgentWorld } from '../support/agent-world.ts';
import { type FakeTransmitter, startFakeTransmitter } from '../support/fake-transmitter.ts';
import { runRecorded } from '../support/recording-terminal.ts';

let world: AgentWorld;
let transmitter: FakeTransmitter;

beforeEach(async () => {
  world = await startAgentWorld();
  transmitter = await startFakeTransmitter(world);
});

afterEach(() => world[Symbol.asyncDispose]());

function check(more: readonly string[] = [], token: string | undefined = transmitter.token) {
  const env: Record<string, string> = token === '' ? {} : { SEALWRIGHT_EVENTS_TOKEN: token };
  return runRecorded(['ssf', 'check', world.origin, '--allow-loopback', ...more], { env });
}

it('shows configuration and keys, proves a stream, and takes it away', async () => {
  const { code, out } = await check();
  expect(code).toBe(0);
  expect(out).toContain(`✔ FINE  ${world.origin}\n`);
  expect(out).toMatch(/ {2}jwksUri +https:\/\/localhost:\d+\/ssf\/jwks\.json\n/);
  expect(out).toMatch(/ {2}key +[\w-]{43} \(ES256\)\n/);
  expect(out).toMatch(/ {2}stream +proved in \d+ ms\n$/);
  expect(transmitter.streams).toEqual([]);
});

it('says as JSON what it found', async () => {
  const { code, out } = await check(['--json']);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    transmitter: world.origin,
    outcome: 'fine',
    fault: null,
    configuration: { deliveryMethods: ['urn:ietf:rfc:8935', 'urn:ietf:rfc:8936'] },
    keys: [{ algorithm: 'ES256' }],
  });
});

it('tries no stream without a token, and says so', async () => {
  const { code, out, err } = await check([], '');
  expect(code).toBe(0);
  expect(err).toContain('Without SEALWRIGHT_EVENTS_TOKEN no stream is tried.');
  expect(out).toContain('not tried or not proved');
  expect(transmitter.polls).toEqual([]);
});

it('ends with 1 for a token that is refused, and for no configuration at all', async () => {
  const refused = await check([], 'x'.repeat(40));
  expect(refused.code).toBe(1);
  expect(refused.out).toContain('✖ UNUSABLE: http-401');
  transmitter.state = 'down';
  const away = await check();
  expect(away.code).toBe(1);
  expect(away.out).toContain('✖ UNUSABLE: ssf-status');
});

it('refuses what cannot be the name of an organization', async () => {
  const { code } = await runRecorded(['ssf', 'check', 'https://192.0.2.1']);
  expect(code).toBe(2);
});
