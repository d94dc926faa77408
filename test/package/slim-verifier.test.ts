import { spawn } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env, execPath } from 'node:process';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testCertificates } from '../support/agent-world.ts';
import { type InstalledVerifier, installVerifier, root, run } from './installed-verifier.ts';
import { type LiveAgent, startLiveAgent } from './live-agent.ts';

const home = 'node_modules/@sealwright/verifier';
const parent = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly version: string;
  readonly dependencies: { readonly 'ipaddr.js': string; readonly jose: string };
};

let installed: InstalledVerifier;
let agent: LiveAgent;

beforeAll(async () => {
  [installed, agent] = await Promise.all([installVerifier(), startLiveAgent()]);
});

afterAll(async () => {
  installed[Symbol.dispose]();
  await agent[Symbol.asyncDispose]();
});

function read(path: string): string {
  return readFileSync(join(installed.folder, path), 'utf8');
}

function filesBelow(path: string): readonly string[] {
  return readdirSync(join(installed.folder, path), { recursive: true, encoding: 'utf8' })
    .map((name) => join(path, name))
    .filter((name) => statSync(join(installed.folder, name)).isFile());
}

describe('the package of the verifier', () => {
  it('brings two packages, and takes less than 3 MiB with them', () => {
    expect(installed.tarball).toBe(`sealwright-verifier-${parent.version}.tgz`);
    expect(installed.said).toMatch(/^dependencies: ipaddr\.js \S+, jose \S+$/m);
    const packages = filesBelow('node_modules')
      .filter((name) => /(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/]+\/package\.json$/.test(name))
      .sort();
    expect(packages).toEqual([
      'node_modules/@sealwright/verifier/package.json',
      'node_modules/ipaddr.js/package.json',
      'node_modules/jose/package.json',
    ]);
    const sizes = filesBelow('node_modules').map(
      (name) => statSync(join(installed.folder, name)).size,
    );
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(3 * 1_024 * 1_024);
  });

  it('has the doors and nothing that only the whole registry needs', () => {
    const manifest = JSON.parse(read(`${home}/package.json`)) as Record<string, object>;
    const { version } = parent;
    expect(manifest).toMatchObject({
      name: '@sealwright/verifier',
      version,
      license: 'Apache-2.0',
    });
    expect(Object.keys(manifest['exports'] ?? {})).toEqual([
      '.',
      './node',
      './oidc-provider',
      './express',
      './hono',
      './mcp',
      './better-auth',
      './protocol',
      './package.json',
    ]);
    const { 'ipaddr.js': ipaddr, jose } = parent.dependencies;
    expect(manifest['dependencies']).toEqual({ 'ipaddr.js': ipaddr, jose });
    const kinds = new Set(
      filesBelow(home).map((name) =>
        name.replace(/(dist\/(?:protocol|verifier))\/.*?((?:\.d)?\.\w+)$/, '$1 $2'),
      ),
    );
    expect([...kinds].map((kind) => kind.slice(home.length + 1)).sort()).toEqual([
      'LICENSE',
      'README.md',
      'dist/protocol .d.ts',
      'dist/protocol .js',
      'dist/verifier .d.ts',
      'dist/verifier .js',
      'package.json',
    ]);
    const mapped = filesBelow(home).filter((name) => read(name).includes('sourceMappingURL'));
    expect(mapped).toEqual([]);
  });
});

describe('what an operator writes against it', () => {
  /** The program that its README begins with. */
  function shown(): string {
    const readme = read(`${home}/README.md`);
    const program = readme.slice(readme.indexOf('    import'), readme.indexOf('`accepted` is'));
    expect(program).toContain('verifier.verifyClient(');
    return program.replaceAll(/^ {4}/gm, '');
  }

  const others = `
    import { requireAgent } from '@sealwright/verifier/express';
    import { requireAgent as requireAgentInHono } from '@sealwright/verifier/hono';
    import { withAgentClients } from '@sealwright/verifier/oidc-provider';
    import { withAgentClients as withAgentsInMcp } from '@sealwright/verifier/mcp';
    import { agentDiscovery } from '@sealwright/verifier/better-auth';
    import { parsePassport } from '@sealwright/verifier/protocol';
    export const doors = [requireAgent, requireAgentInHono, withAgentClients, withAgentsInMcp, agentDiscovery, parsePassport];
  `;

  async function compile(program: string, platform: object) {
    writeFileSync(join(installed.folder, 'program.mts'), program);
    const strict = { strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false };
    const modules = { module: 'nodenext', moduleResolution: 'nodenext', noEmit: true };
    const compilerOptions = { target: 'es2023', ...strict, ...modules, ...platform };
    const config = JSON.stringify({ compilerOptions, files: ['program.mts'] });
    writeFileSync(join(installed.folder, 'tsconfig.json'), config);
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    return run(execPath, [tsc, '-p', installed.folder], installed.folder);
  }

  const web = { lib: ['es2023', 'dom'], types: [] };
  const typeRoots = [join(root, 'node_modules/@types')];
  const node = { lib: ['es2023'], types: ['node'], typeRoots };

  it.each([
    ["the Web's types, and none of Node's", web],
    ["Node's types, and none of a browser's", node],
  ])('compiles with %s', async (_title, platform) => {
    expect(await compile(shown() + others, platform)).toEqual({ code: 0, output: '' });
  });

  it('does not compile when it takes an outcome for another', async () => {
    const wrong = "\nexport const allowed: 'maybe' = verdict.outcome;\n";
    const { code, output } = await compile(shown() + wrong, web);
    expect(code).not.toBe(0);
    expect(output).toMatch(/program\.mts\(\d+,14\): error TS2322/);
  });
});

describe('in an empty folder, about an agent of a registry that runs', () => {
  it('accepts it, grants what its papers permit, and rejects it once it is revoked', async () => {
    copyFileSync(
      join(import.meta.dirname, 'verify-agent.mjs'),
      join(installed.folder, 'verify-agent.mjs'),
    );
    const { clientId, scope, policy, statusLists } = agent;
    const { caFile } = testCertificates();
    const { NODE_EXTRA_CA_CERTS: _trustedHere, ...plain } = env;
    const words = ['verify-agent.mjs', JSON.stringify({ clientId, scope, policy, caFile })];
    const child = spawn(execPath, words, {
      cwd: installed.folder,
      env: plain,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const verdictAfter = async (changed: readonly string[]) => {
      child.stdin.write(`${JSON.stringify(changed)}\n`);
      return JSON.parse((await answers.next()).value ?? 'null') as unknown;
    };
    expect(await verdictAfter([])).toEqual({
      outcome: 'accepted',
      reason: null,
      granted: ['read:logs/production'],
      withheld: ['read:logs/pii'],
    });
    await agent.retire();
    expect(await verdictAfter(statusLists)).toEqual({
      outcome: 'rejected',
      reason: 'status-revoked',
      granted: [],
      withheld: ['read:logs/production', 'read:logs/pii'],
    });
    child.stdin.end();
  });
});

describe('staging', () => {
  it.each([
    ['a package', "import 'express';", 'express is a dependency too many'],
    [
      'a room',
      "import '../kernel/new-id.js';",
      'dist/kernel/new-id.js is neither of the verifier nor of the protocol',
    ],
    ['a file', "import './gone.js';", 'dist/verifier/gone.js is missing: run npm run build'],
  ])('fails when the verifier names %s that it may not', async (_what, line, fault) => {
    const folder = mkdtempSync(join(tmpdir(), 'sealwright-stage-'));
    const needed = ['package.json', 'scripts/stage.mjs', 'dist/verifier', 'dist/protocol'];
    for (const name of needed) cpSync(join(root, name), join(folder, name), { recursive: true });
    appendFileSync(join(folder, 'dist/verifier/index.js'), `\n${line}\n`);
    const { code, output } = await run(execPath, ['scripts/stage.mjs'], folder);
    rmSync(folder, { recursive: true });
    expect(code).toBe(1);
    expect(output.split('\n')).toContain(`stage: ${fault}`);
  });
});
