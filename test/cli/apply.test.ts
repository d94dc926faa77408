import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Listeners } from '../../src/http/listeners.ts';
import { startEdgeServer } from '../support/edge-server.ts';
import { type EdgeWorld, heldJwk, openEdgeWorld } from '../support/edge-world.ts';
import { type CliAnswer, runRecorded } from '../support/recording-terminal.ts';

const manifest = `
defaults: { team: payments, owners: [lead@acme.com], kind: agent, keyCustody: registry }
agents:
  - { handle: bot, name: Bot }
`;
let world: EdgeWorld;
let listeners: Listeners;
let token: string;
let folder: string;

beforeAll(async () => {
  listeners = await startEdgeServer(() => world);
  folder = mkdtempSync(join(tmpdir(), 'sealwright-cli-apply-'));
});

afterAll(async () => {
  await listeners.close();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  world = await openEdgeWorld();
  token = (await world.grant()).text;
  rmSync(join(folder, 'keys'), { recursive: true, force: true });
});

function run(
  words: readonly string[],
  options: { readonly input?: string; readonly interactive?: boolean } = {},
): Promise<CliAnswer> {
  const env = { SEALWRIGHT_SERVER: listeners.publicUrl, SEALWRIGHT_TOKEN: token };
  return runRecorded(words, { env, ...options });
}

function fileOf(text: string): string {
  const path = join(folder, 'agents.yaml');
  writeFileSync(path, text);
  return path;
}

const present = async (handle: string): Promise<boolean> =>
  world.agent(handle).then(
    () => true,
    () => false,
  );

describe('what is hostile or wrong is refused before anything is sent', () => {
  const deep = `agents: ${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  const bomb = `a: &a [x, x, x]\nb: &b [*a, *a, *a]\nc: &c [*b, *b, *b]\nagents: *c\n`;
  it.each<[string, string, RegExp]>([
    ['10 MB', `agents: [] #${'x'.repeat(10_000_000)}`, /is larger than 4194304 octets/],
    ['an alias bomb', bomb, /aliases are not read/],
    ['a repeated key', 'agents: []\nagents: []\n', /Map keys must be unique/],
    ['__proto__', 'agents: [{ __proto__: { handle: x } }]', /./],
    ['a merge key', 'agents: [{ <<: { handle: x } }]', /\/agents\/0\/<< is not a known member/],
    ['depth', deep, /./],
    ['a second document', 'agents: []\n---\nagents: []\n', /./],
    ['binary', '\u0000\u0001', /./],
    ['nothing', '', /must be an object/],
    ['an unknown member', manifest.replace('name:', 'nam:'), /\/agents\/0\/nam is not a known/],
    [
      'a number for a version',
      manifest.replace('name:', 'version: 3.20, name:'),
      /put it in quotes/,
    ],
  ])('%s', async (_, text, line) => {
    const answer = await run(['apply', '-f', fileOf(text), '--yes']);
    expect(answer).toMatchObject({ code: 2, out: '' });
    expect(answer.err).toMatch(/^✖ The (?:manifest|file) /);
    expect(answer.err).toMatch(line);
    expect(answer.err.length).toBeLessThan(8_000);
    expect(world.called).toEqual([]);
  });
});

describe('apply', () => {
  it('asks whoever is at the terminal, and takes only yes for it', async () => {
    const file = fileOf(manifest);
    const refused = await run(['apply', '-f', file], { interactive: true, input: 'n\n' });
    expect(refused).toMatchObject({ code: 2, out: '' });
    expect(refused.err).toContain('Nothing was changed.');
    expect(
      await run(['apply', '-f', file, '--no-input'], { interactive: true, input: 'y\n' }),
    ).toMatchObject({
      code: 2,
    });
    expect(await run(['apply', '-f', '-'], { input: manifest, interactive: true })).toMatchObject({
      code: 2,
    });
    expect(await present('bot')).toBe(false);
    expect(await run(['apply', '-f', file], { interactive: true, input: 'y\n' })).toEqual({
      code: 0,
      out: '1 created, 0 changed, 0 unchanged, 0 refused\n',
      err:
        '+ bot\n1 to create, 0 to change, 0 unchanged, 0 refused\n' +
        'This changes 1 agent. Type "yes" to go on: 1 of 1 agents\n',
    });
  });

  it('reads keys that are files beside the manifest, and no private ones', async () => {
    writeFileSync(join(folder, 'bot.jwk.json'), JSON.stringify(heldJwk));
    const text = manifest.replace('name: Bot', 'name: Bot, jwkFile: bot.jwk.json');
    expect(await run(['apply', '-f', fileOf(text), '--yes'])).toMatchObject({ code: 0 });
    expect(await world.json('/a/bot/jwks.json')).toMatchObject({ keys: [heldJwk] });
    writeFileSync(join(folder, 'bot.jwk.json'), JSON.stringify({ ...heldJwk, d: 'c2VjcmV0' }));
    const refused = await run(['diff', '-f', fileOf(text)]);
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('holds a private key');
    expect(refused.err).not.toContain('c2VjcmV0');
  });

  it('keeps keys and tokens in files that only their owner reads, and overwrites none', async () => {
    const keys = join(folder, 'keys');
    const text = `${manifest.replace('name: Bot', 'name: Bot, keyCustody: issued')}
  - { handle: comer, name: Comer, keyCustody: enrolment }`;
    const file = fileOf(text);
    const homeless = await run(['apply', '-f', file, '--yes']);
    expect(homeless).toMatchObject({ code: 2 });
    expect(homeless.err).toContain('--keys-dir');
    expect(await present('bot')).toBe(false);
    const applied = await run(['apply', '-f', file, '--yes', '--keys-dir', keys, '--json']);
    expect(applied).toMatchObject({ code: 0, err: '' });
    expect(readdirSync(keys).sort()).toEqual(['bot.jwk.json', 'comer.enrolment']);
    expect(statSync(join(keys, 'comer.enrolment')).mode & 0o777).toBe(0o600);
    const secret = readFileSync(join(keys, 'comer.enrolment'), 'utf8').trim();
    expect(secret).toMatch(/^swe_/);
    expect(applied.out).not.toContain(secret);
    const { d } = JSON.parse(readFileSync(join(keys, 'bot.jwk.json'), 'utf8'));
    expect(applied.out).not.toContain(d);
    expect(await run(['apply', '-f', file, '--keys-dir', keys])).toMatchObject({
      code: 0,
      out: '0 created, 0 changed, 2 unchanged, 0 refused\n',
    });
  });

  it('uses the key that an interrupted run left, and takes back one that was made for nobody', async () => {
    const keys = join(folder, 'keys');
    const issued = manifest.replace('name: Bot', 'name: Bot, keyCustody: issued');
    const grasping = issued.replace('name: Bot', 'name: Bot, tags: [x, x]');
    const order = ['apply', '--yes', '--keys-dir', keys, '-f'];
    expect(
      await run([...order, fileOf(issued.replace('handle: bot', 'handle: one'))]),
    ).toMatchObject({ code: 0 });
    writeFileSync(join(keys, 'bot.jwk.json'), readFileSync(join(keys, 'one.jwk.json')));
    const taken = await run([...order, fileOf(issued)]);
    expect(taken.code).toBe(5);
    expect(taken.err).toContain('key-not-usable');
    expect(readdirSync(keys).sort()).toEqual(['bot.jwk.json', 'one.jwk.json']);
    expect(await run([...order, fileOf(grasping)])).toMatchObject({ code: 5 });
    rmSync(join(keys, 'bot.jwk.json'));
    expect(await run([...order, fileOf(grasping)])).toMatchObject({ code: 5 });
    expect(readdirSync(keys)).toEqual(['one.jwk.json']);
  });

  it('prunes for a reason only', async () => {
    const file = fileOf(manifest);
    await run(['apply', '-f', file, '--yes']);
    await world.issue('bot');
    const alone = await run(['diff', '-f', file, '--prune']);
    expect(alone).toMatchObject({ code: 2, err: '✖ --prune and --reason go together. (usage)\n' });
    expect(await run(['diff', '-f', file])).toMatchObject({ code: 0 });
    const pruned = await run(['apply', '-f', file, '--yes', '--prune', '--reason', 'CHG-9']);
    expect(pruned.err).toMatch(/~ bot\n {4}revoke allowed-actions crd_\w+\n/);
    expect(pruned).toMatchObject({
      code: 0,
      out: '0 created, 1 changed, 0 unchanged, 0 refused\n',
    });
  });
});

describe('export', () => {
  it('writes YAML that changes nothing, and JSON for programs', async () => {
    await run([
      'apply',
      '-f',
      fileOf(manifest.replace('name:', 'version: "3.20", name:')),
      '--yes',
    ]);
    const { out } = await run(['export']);
    expect(out).toBe(
      [
        'agents:',
        '  - handle: bot',
        '    kind: agent',
        '    name: Bot',
        '    owners:',
        '      - lead@acme.com',
        '    team: payments',
        '    version: "3.20"',
        '    grantTypes:',
        '      - authorization_code',
        '      - client_credentials',
        '    expiresAt: 2027-11-20T12:00:00.000Z',
        '    keyCustody: registry',
        '',
      ].join('\n'),
    );
    expect(await run(['diff', '-f', '-'], { input: out })).toMatchObject({ code: 0 });
    const json = await run(['export', '--json', '--team', 'payments']);
    expect(JSON.parse(json.out)).toMatchObject({ agents: [{ handle: 'bot', version: '3.20' }] });
    expect(JSON.parse((await run(['export', '--json', '--team', 'x'])).out)).toEqual({
      agents: [],
    });
  });
});
