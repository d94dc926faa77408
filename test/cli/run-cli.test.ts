import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import { exitCodes } from '../../src/cli/exit-codes.ts';
import { wantsColour } from '../../src/cli/terminal.ts';
import { runRecorded } from '../support/recording-terminal.ts';

test('the help says what each group of commands is for', async () => {
  const { out } = await runRecorded(['--help']);
  const groups = commands.map(({ words }) => words.split(' ')).filter((words) => words.length > 1);
  for (const name of new Set(groups.map(([group]) => group))) {
    expect(out, name).toMatch(new RegExp(`^ {2}${name} +\\S`, 'm'));
  }
});

test('the exit codes', () => {
  expect(exitCodes).toEqual({
    ok: 0,
    rejected: 1,
    usage: 2,
    undetermined: 3,
    untrusted: 4,
    server: 5,
    differs: 10,
  });
});

test('the commands', () => {
  expect(commands.map(({ words }) => words)).toEqual([
    'demo',
    'doctor',
    'serve',
    'dev-certificate',
    'config check',
    'config show',
    'database move',
    'backup',
    'backup verify',
    'restore',
    'agent onboard',
    'agent enrol',
    'agent list',
    'agent get',
    'agent update',
    'agent suspend',
    'agent resume',
    'agent retire',
    'apply',
    'diff',
    'export',
    'agent token',
    'credential issue',
    'credential list',
    'credential get',
    'credential renew',
    'credential revoke',
    'credential suspend',
    'credential resume',
    'revoke',
    'suspend',
    'key rotate',
    'key list',
    'key retire',
    'key compromise',
    'enrolment create',
    'enrolment list',
    'enrolment approve',
    'enrolment reject',
    'enrolment withdraw',
    'template create',
    'template list',
    'template get',
    'schema add',
    'schema list',
    'issuer-key list',
    'issuer-key prepare',
    'issuer-key activate',
    'issuer-key rotate',
    'issuer-key retire',
    'issuer-key compromise',
    'credential import',
    'credential imports',
    'access',
    'orphans',
    'findings',
    'rule add',
    'rule list',
    'rule remove',
    'owner depart',
    'owner return',
    'owner list',
    'issuer trust',
    'issuer distrust',
    'issuer list',
    'verify',
    'inspect',
    'explain',
    'lint',
    'probe',
    'verifier serve',
    'ssf check',
    'sync',
    'audit verify',
    'organization create',
    'organization list',
    'organization get',
    'organization update',
    'audit export',
    'audit receipt',
    'audit check-receipt',
    'token create',
    'token list',
    'token revoke',
    'token exchange',
    'workload-rule create',
    'workload-rule list',
    'workload-rule delete',
    'webhook create',
    'webhook list',
    'webhook test',
    'webhook deliveries',
    'webhook redeliver',
    'webhook rotate-secret',
    'webhook enable',
    'webhook disable',
    'webhook delete',
    'stream list',
    'stream verify',
    'stream delete',
    'stream rotate-key',
  ]);
});

describe('usage', () => {
  test.each(commands.map((command) => [command.words, command] as const))(
    '%s --help shows an example and --json, and exits 0',
    async (words, command) => {
      const answer = await runRecorded([...words.split(' '), '--help']);
      expect(answer.code).toBe(0);
      expect(answer.err).toBe('');
      expect(answer.out).toContain(`Example:\n  $ sealwright ${command.example}`);
      expect(answer.out).toContain('--json');
    },
  );

  test('--version is that of the package', async () => {
    expect(await runRecorded(['--version'])).toEqual({ code: 0, out: '0.1.0\n', err: '' });
  });

  test.each([
    ['nothing', []],
    ['a group alone', ['agent']],
    ['an unknown command', ['onbard']],
    ['an unknown subcommand', ['agent', 'delete']],
    ['an unknown option', ['agent', 'list', '--al']],
    ['a missing argument', ['agent', 'get']],
    ['an argument too many', ['agent', 'get', 'a', 'b']],
    ['a missing option', ['agent', 'suspend', 'bot']],
    ['an option without its value', ['agent', 'list', '--team']],
    ['a value that is no choice', ['agent', 'list', '--state', 'dead']],
    ['a limit that is no number', ['agent', 'list', '--limit', '-1']],
  ])('%s exits 2 and says why on standard error', async (_, words) => {
    const answer = await runRecorded(words);
    expect(answer.code).toBe(2);
    expect(answer.out).toBe('');
    expect(answer.err).not.toBe('');
    const data = await runRecorded([...words.slice(0, 2), '--json', ...words.slice(2)]);
    expect([data.code, data.out]).toEqual([2, '']);
    expect(JSON.parse(data.err)).toMatchObject({ error: { code: 'usage', exitCode: 2 } });
  });

  test('what commander suggests is part of the data', async () => {
    const { err } = await runRecorded(['agent', 'lst', '--json']);
    expect(JSON.parse(err).error).toEqual({
      code: 'usage',
      message: "The command line is wrong: unknown command 'lst'.",
      fix: null,
      places: ['(Did you mean list?)'],
      exitCode: 2,
    });
  });
});

describe('a pipe', () => {
  test.each([
    ['gets no colour', {}, false],
    ['gets it when it is demanded', { FORCE_COLOR: '1' }, true],
    ['gets none where NO_COLOR forbids it', { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
  ])('%s', (_, env, coloured) => {
    const binary = resolve(import.meta.dirname, '../../dist/cli/cli.js');
    const words = ['explain', 'status.revocation', '--no-input'];
    const { stdout, stderr, status } = spawnSync(process.execPath, [binary, ...words], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], ...env },
    });
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout.includes('\u001b[')).toBe(coloured);
  });

  test('whose reader has enough is no fault, and changes no exit code', () => {
    const binary = resolve(import.meta.dirname, '../../dist/cli/cli.js');
    const script = `"${process.execPath}" "${binary}" explain policy-not-met | true; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
    expect([stdout, stderr]).toEqual(['0\n', '']);
  });
});

describe('config', () => {
  test('check prints every fault at once and exits 2', async () => {
    const env = { SEALWRIGHT_ROLE: 'x', SEALWRIGHT_TYPO: '1', SEALWRIGHT_MASTER_KEY: 'canary' };
    const answer = await runRecorded(['config', 'check'], { env });
    expect(answer).toEqual({
      code: 2,
      err: '',
      out: [
        '✖ SEALWRIGHT_TYPO there is no such setting',
        '✖ SEALWRIGHT_ROLE must be one of all, public, admin',
        '✖ SEALWRIGHT_MASTER_KEY must be 32 bytes in base64url, without padding',
        '',
      ].join('\n'),
    });
    const json = await runRecorded(['config', 'check', '--json'], { env });
    expect(json.code).toBe(2);
    expect(JSON.parse(json.out)).toMatchObject({
      ok: false,
      faults: [{ variable: 'SEALWRIGHT_TYPO' }, {}, {}],
    });
    expect(json.out).not.toContain('canary');
  });

  test('check of a usable one', async () => {
    expect(await runRecorded(['config', 'check'])).toEqual({
      code: 0,
      out: '✔ The configuration is usable.\n',
      err: '',
    });
  });

  test('show names sources and no secret', async () => {
    const env = { SEALWRIGHT_ADMIN_TOKEN: `canary${'x'.repeat(40)}` };
    const answer = await runRecorded(['config', 'show'], { env });
    expect(answer.code).toBe(0);
    expect(answer.out).toMatch(/SEALWRIGHT_ADMIN_TOKEN +\[secret\] +environment/);
    expect(answer.out).toMatch(/SEALWRIGHT_ROLE +all +default/);
    expect(answer.out).not.toContain('canary');
  });
});

describe('colour', () => {
  test.each([
    [{}, true, true],
    [{}, undefined, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
    [{ FORCE_COLOR: '1' }, undefined, true],
    [{ FORCE_COLOR: '0' }, true, false],
    [{ TERM: 'dumb' }, true, false],
  ] as const)('%o, terminal %s: %s', (env, isTerminal, expected) => {
    expect(wantsColour(env, isTerminal)).toBe(expected);
  });

  test('marks what it marks, and nothing without it', async () => {
    const painted = await runRecorded(['config', 'check'], { colour: true });
    expect(painted.out).toBe('\u001b[32m✔\u001b[39m The configuration is usable.\n');
  });
});

test('a command line loads neither the service nor its parts before a command asks for them', () => {
  const source = resolve(import.meta.dirname, '../../src');
  const reached = new Set<string>();
  const walk = (file: string): void => {
    if (reached.has(file)) return;
    reached.add(file);
    for (const target of staticImports(readFileSync(file, 'utf8'))) {
      if (target.startsWith('.')) walk(resolve(dirname(file), target));
      else reached.add(target);
    }
  };
  walk(resolve(source, 'cli/cli.ts'));
  const rooms = [...reached]
    .filter((file) => file.startsWith(source))
    .map((file) => file.slice(source.length + 1).split('/')[0]);
  expect([...new Set(rooms)].toSorted()).toEqual([
    ...['cli', 'config', 'kernel', 'lint', 'probe', 'protocol'],
  ]);
  const packages = [...reached].filter(
    (name) => !name.startsWith('/') && !name.startsWith('node:'),
  );
  expect(packages).toEqual(['commander']);
});

/** What a file imports when it is loaded: no types, no `import()`. */
function staticImports(text: string): string[] {
  const pattern = /^(?:import|export)\s+(?!type\b)[^;']*?\sfrom\s+'([^']+)'/gm;
  return [...text.matchAll(pattern)].map(([, target]) => target ?? '');
}
