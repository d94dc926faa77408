import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execPath } from 'node:process';
import { expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const core = [
  'protocol/index.ts',
  'verifier/index.ts',
  'verifier/adapters/express.ts',
  'verifier/adapters/hono.ts',
  'verifier/adapters/mcp.ts',
  'verifier/adapters/better-auth.ts',
  'verifier/adapters/oidc-provider.ts',
];

/** What the compiler says of these modules where a worker's globals are known and no others. */
async function compile(modules: readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'sealwright-web-'));
  const lib = ['ES2023', 'ESNext.Disposable', 'WebWorker'];
  const config = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: { lib, types: [], rootDir: join(root, 'src') },
    include: [],
    files: modules.map((name) => join(root, 'src', name)),
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const said = await new Promise<string>((done) => {
    execFile(execPath, [tsc, '-p', folder], { cwd: root }, (_error, stdout, stderr) =>
      done(stdout + stderr),
    );
  });
  rmSync(folder, { recursive: true });
  return said;
}

it('protocol/ and verifier/, without its node/, use globals of the Web and no others', async () => {
  expect(await compile(core)).toBe('');
});

it('a global of Node and a module of Node are found', async () => {
  const said = await compile([...core, 'verifier/node/index.ts']);
  expect(said).toMatch(/verifier\/node\/[\w-]+\.ts\(.*'Buffer'/);
  expect(said).toMatch(/verifier\/node\/[\w-]+\.ts\(.*'node:/);
  expect(said).not.toMatch(/adapters\/|protocol\//);
});
