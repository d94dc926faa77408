import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asInstalled } from '../support/installed-verifier.ts';
import { type RunningService, startRunningService } from '../support/running-service.ts';

const root = resolve(import.meta.dirname, '../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

let running: RunningService;
let folder: string;

beforeAll(async () => {
  running = await startRunningService();
  folder = mkdtempSync(join(tmpdir(), 'sealwright-readme-'));
  writeFileSync(join(folder, 'actions.json'), blockAfter('with `actions.json`:'));
  writeFileSync(join(folder, 'agents.yaml'), blockAfter('with `agents.yaml`:'));
  const policy = blockAfter('with `trust.yaml`:')
    .replaceAll('did:web:id.acme.com', running.service.organization.did)
    .replaceAll('https://id.acme.com', running.url);
  writeFileSync(join(folder, 'trust.yaml'), policy);
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await running[Symbol.asyncDispose]();
});

/** The indented block that follows a line of the README, without its indentation. */
function blockAfter(line: string): string {
  const [, rest = ''] = readme.split(`${line}\n\n`);
  const [block = ''] = rest.split('\n\n');
  return block.replaceAll(/^ {4}/gm, '');
}

/** Every `npx sealwright` command of the README, in order, without its comment. */
function commands(): readonly string[] {
  return [...readme.matchAll(/^ {4}npx sealwright (.+?)(?:\s+#.*)?$/gm)].map(
    (match) => match[1] ?? '',
  );
}

function wordsOf(command: string): readonly string[] {
  const words = command.match(/"[^"]*"|\S+/g) ?? [];
  return words.map((word) => word.replaceAll('"', ''));
}

interface Ran {
  readonly code: number;
  readonly output: string;
}

function run(words: readonly string[], cwd = folder): Promise<Ran> {
  const env = {
    ...process.env,
    SEALWRIGHT_SERVER: running.url,
    SEALWRIGHT_TOKEN: running.token,
  };
  return new Promise((done) => {
    execFile(process.execPath, [...words], { cwd, env }, (error, stdout, stderr) => {
      const code = typeof error?.code === 'number' ? error.code : error === null ? 0 : -1;
      done({ code, output: stdout + stderr });
    });
  });
}

describe('the README', () => {
  it('has under 300 lines', () => {
    expect(readme.split('\n').length).toBeLessThan(300);
  });

  it('shows commands that work, in the order shown', async () => {
    const cli = join(root, 'dist/cli/cli.js');
    const outcomes: (readonly [string, number])[] = [];
    for (const command of commands()) {
      const here = command
        .replaceAll('https://id.acme.com', running.url)
        .replace('<url>', `${running.url}/a/billing-bot/client.json`);
      const loopback = /^(?:verify|inspect|lint|probe)/.test(here) ? ['--allow-loopback'] : [];
      const { code, output } = await run([cli, ...wordsOf(here), ...loopback]);
      outcomes.push([command, code]);
      expect(output, command).not.toContain('    at ');
    }
    // The agent is suspended before `verify`, which is then told so.
    expect(outcomes).toEqual([
      [
        'agent onboard billing-bot --name "Billing Bot" --owner payments@acme.com --key-custody issued --keys-dir ./keys',
        0,
      ],
      [
        'credential issue billing-bot --type allowed-actions --claims actions.json --reason CHG-4711',
        0,
      ],
      ['access read logs/production', 0],
      ['agent suspend billing-bot --reason INC-1', 0],
      ['diff -f agents.yaml', 10],
      ['apply -f agents.yaml --yes', 0],
      ['verify https://id.acme.com/a/billing-bot/client.json --policy trust.yaml', 1],
      ['explain status-suspended', 0],
      // Keycloak refuses a document with a passport in it.
      ['lint https://id.acme.com/a/billing-bot/client.json --target keycloak', 1],
      ['probe https://id.acme.com/a/billing-bot/client.json', 0],
    ]);
  }, 60_000);

  it('shows code that runs', async () => {
    const [snippet = ''] = readme.match(/(?<=```js\n)import Provider[\s\S]*?(?=```)/) ?? [];
    const program = `const issuer = 'https://as.example'; const configuration = {};\n${asInstalled(snippet)}\nconsole.log(typeof provider.callback);`;
    const { code, output } = await run(['--input-type=module', '-e', program], root);
    expect(output).toContain('function');
    expect(code).toBe(0);
  });
});
