import { existsSync, mkdtempSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Listeners } from '../../src/http/listeners.ts';
import { startEdgeServer } from '../support/edge-server.ts';
import { type EdgeWorld, heldJwk, openEdgeWorld } from '../support/edge-world.ts';
import { runRecorded } from '../support/recording-terminal.ts';

/** RFC 8037 appendix A.2. */
const edwardsJwk = {
  kty: 'OKP',
  crv: 'Ed25519',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
} as const;

let world: EdgeWorld;
let listeners: Listeners;
let token: string;

beforeAll(async () => {
  listeners = await startEdgeServer(() => world);
});

afterAll(() => listeners.close());

beforeEach(async () => {
  world = await openEdgeWorld();
  token = (await world.grant()).text;
});

function run(words: readonly string[], { input = '' } = {}) {
  const env = { SEALWRIGHT_SERVER: listeners.publicUrl, SEALWRIGHT_TOKEN: token };
  return runRecorded(words, { env, input });
}

async function kidsOf(handle: string): Promise<readonly string[]> {
  const { keys } = await world.registry.listAgentKeys({ ...world.caller, handle });
  return keys.map(({ thumbprint }) => thumbprint);
}

/** Lets so much time pass, and has the registry do what is due. */
async function pass(...waits: readonly number[]): Promise<void> {
  for (const seconds of waits) {
    world.clock.moveBy(seconds * 1_000);
    await world.keep();
  }
}

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'keys-'));
}

describe('key rotate', () => {
  test('says what comes when, and key list says how far it is', async () => {
    await world.enrol('bot');
    world.clock.moveBy(1);
    const begun = await run(['key', 'rotate', 'bot', '--overlap', 'PT10M']);
    expect(begun).toMatchObject({ code: 0, err: '' });
    const [former, next] = await kidsOf('bot');
    expect(begun.out.split('\n').map((line) => line.trim().replace(/ {2,}/g, ' | '))).toEqual([
      `KID | ALGORITHM | STATE | SINCE`,
      `${former} | ES256 | active | 2026-11-20T12:00:00.001Z`,
      `${next} | ES256 | created | 2026-11-20T12:00:00.002Z`,
      'introduced | done 2026-11-20T12:00:00.002Z',
      'published | next 2026-11-20T12:06:05.002Z',
      'activated | next 2026-11-20T12:17:05.002Z',
      'retired | next 2026-11-20T12:27:05.002Z',
      'removed | next 2026-11-20T12:38:05.002Z',
      'finished | next 2026-11-20T12:44:10.002Z',
      'use the new key from | 2026-11-20T12:17:05.002Z',
      'drop the old one from | 2026-11-20T12:27:05.002Z',
      '',
    ]);
    await pass(365, 660);
    const listed = await run(['key', 'list', 'bot', '--json']);
    expect(JSON.parse(listed.out)).toMatchObject({
      agent: 'bot',
      keys: [
        { kid: former, state: 'active' },
        { kid: next, state: 'active' },
      ],
      rotation: { nextStep: 'retired', safeToRetireAt: '2026-11-20T12:27:05.002Z' },
    });
  });

  test('takes a public key, and is refused a second time', async () => {
    await run(['agent', 'onboard', 'bot', '--name', 'Bot', '--owner', 'a@acme.com', '--jwk', '-'], {
      input: JSON.stringify(heldJwk),
    });
    const order = ['key', 'rotate', 'bot', '--jwk', '-'];
    expect(await run(order, { input: JSON.stringify(edwardsJwk) })).toMatchObject({ code: 0 });
    expect(await run(order, { input: JSON.stringify(edwardsJwk) })).toMatchObject({
      code: 5,
      err: expect.stringContaining('(rotation-under-way)'),
    });
  });

  test('puts an issued key into a file for its owner alone, and never over another', async () => {
    await world.enrol('bot', { key: { custody: 'issued' } });
    world.clock.moveBy(1);
    const path = join(newFolder(), 'new', 'bot.next.jwk.json');
    const order = ['key', 'rotate', 'bot', '--key-file', path, '--json'];
    const begun = await run(order);
    expect(JSON.parse(begun.out)).toMatchObject({ keyFile: path });
    const { d, ...stored } = JSON.parse(readFileSync(path, 'utf8')) as { readonly d: string };
    const { keys } = await world.registry.listAgentKeys({ ...world.caller, handle: 'bot' });
    expect(stored).toEqual(keys[1]?.publicJwk);
    expect(begun.out).not.toContain(d);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await run(order)).toMatchObject({
      code: 2,
      err: expect.stringContaining('is there already'),
    });
  });

  test('leaves no file behind when it is refused', async () => {
    await world.enrol('bot', { key: { custody: 'issued' } });
    const path = join(newFolder(), 'bot.jwk.json');
    const refused = await run(['key', 'rotate', 'bot', '--key-file', path, '--overlap', 'P1Y']);
    expect(refused).toMatchObject({ code: 5, err: expect.stringContaining('/overlap') });
    expect(existsSync(path)).toBe(false);
  });

  test('with --wait ends once the new key may be used', async () => {
    await world.enrol('bot');
    const waiting = run(['key', 'rotate', 'bot', '--wait', '--json']);
    const steps = async (): Promise<number> =>
      (await world.audited()).filter(({ action }) => action.startsWith('key.')).length;
    while ((await steps()) === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    await pass(365, 660);
    const { code, out, err } = await waiting;
    expect(code).toBe(0);
    expect(err).toMatch(/^Next: published, from 2026-11-20T12:06/);
    expect(JSON.parse(out)).toMatchObject({ rotation: { nextStep: 'retired' } });
  });
});

describe('key retire', () => {
  test('ends the overlap once the new key is in use, and not before', async () => {
    await world.enrol('bot');
    world.clock.moveBy(1);
    await run(['key', 'rotate', 'bot']);
    const [former = ''] = await kidsOf('bot');
    const order = ['key', 'retire', '--reason', 'moved', '--json', '--', 'bot', former];
    expect(await run(order)).toMatchObject({
      code: 5,
      err: expect.stringContaining('key-wrong-state'),
    });
    await pass(365, 660);
    expect(JSON.parse((await run(order)).out)).toMatchObject({
      keys: [{ state: 'retired' }, { state: 'active' }],
    });
  });
});

describe('key compromise', () => {
  test('wants the handle once more, and then gives the key up everywhere', async () => {
    const agent = await world.enrol('bot');
    const [kid = ''] = await kidsOf('bot');
    const order = ['key', 'compromise', '--reason', 'leaked', '--json'];
    const named = ['--', 'bot', kid];
    for (const confirm of [[], ['--confirm', 'bit']]) {
      expect(await run([...order, ...confirm, ...named])).toMatchObject({ code: 2, out: '' });
    }
    expect(world.called).toEqual([]);
    world.clock.moveBy(1);
    const given = await run([...order, '--confirm', 'bot', ...named]);
    const [next] = await kidsOf('bot');
    expect(JSON.parse(given.out)).toMatchObject({
      agentState: 'active',
      keys: [{ kid: next, state: 'active' }],
      rotation: null,
    });
    expect(next).not.toBe(kid);
    const passports = await world.held(agent.id);
    const shown = await Promise.all(passports.map((passport) => world.shown(passport)));
    expect(shown).toEqual(['revoked', 'valid']);
  });

  test('says that the agent is suspended where no key is left', async () => {
    await world.enrol('bot', { key: { custody: 'jwk', jwk: heldJwk } });
    const [kid = ''] = await kidsOf('bot');
    const order = ['key', 'compromise', '--reason', 'leaked', '--confirm', 'bot', '--', 'bot', kid];
    expect((await run(order)).out.replace(/ {2,}/g, ' ')).toBe(
      'KID ALGORITHM STATE SINCE\n agent suspended\n',
    );
  });
});
