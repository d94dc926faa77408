#!/usr/bin/env node
/**
 * Runs the MCP conformance suite's scenarios for authorization servers against the demo's server, a
 * node-oidc-provider with the verifier in it, for an agent whose client_id is its metadata document:
 *
 *   npm run conformance
 *
 * Prints what the suite says, and exits with 0 when every check passed, 1 when one did not, 2 when it
 * could not be run. The suite, and a Node 22 for it where this one is older, come from npm into
 * scripts/conformance/ the first time. Needs dist/.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createCertificates } from '../dist/demo/certificates.js';
import { installApart } from './install-apart.mjs';

const folder = join(import.meta.dirname, 'conformance');

const missing = await installApart(folder, () => say('installing into scripts/conformance'));
if (missing !== undefined) {
  say(`the suite ${missing}`);
  process.exit(2);
}
// Node reads NODE_EXTRA_CA_CERTS only when it starts, and the suite's Node has to trust it as well.
const certificates = await createCertificates();
try {
  const { caFile } = certificates;
  const child = spawn(process.execPath, [join(folder, 'run-suite.mjs')], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile, CA_FILE: caFile, SUITE_NODE: suiteNode() },
    stdio: 'inherit',
  });
  const [code] = await once(child, 'exit');
  process.exitCode = code ?? 2;
} finally {
  await certificates[Symbol.asyncDispose]();
}

/** The suite needs Node 22. */
function suiteNode() {
  if (Number(process.versions.node.split('.')[0]) >= 22) return process.execPath;
  const { platform, arch } = process;
  const names = [`node-${platform}-${arch}`, `node-bin-${platform}-${arch}`];
  const found = names
    .map((name) => join(folder, 'node_modules', name, 'bin/node'))
    .find((path) => existsSync(path));
  if (found !== undefined) return found;
  say(`the suite needs Node 22, and npm has none for ${platform} ${arch} here`);
  process.exit(2);
}

function say(line) {
  console.error(line);
}
