// The authorization server under test, an agent with papers, and the suite as its client. Started by
// ../conformance.mjs in a process that trusts the certificates.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { createPrivateKeyJwtAuth } from '@modelcontextprotocol/sdk/client/auth-extensions.js';
import { startAuthorizationServer } from '../../dist/demo/authorization-server.js';
import { certificatesBeside } from '../../dist/demo/certificates.js';
import { Disposals } from '../../dist/demo/disposals.js';
import { listenHttps } from '../../dist/demo/listen-https.js';
import { startRegistry } from '../../dist/demo/registry.js';
import { issuerOf } from '../../dist/demo/stage.js';
import { createService } from '../../dist/service.js';
import { createVerifier } from '../../dist/verifier/index.js';
import { guardedFetch } from '../../dist/verifier/node/index.js';
import { freePort } from '../free-port.mjs';

const suite = join(import.meta.dirname, 'node_modules/@modelcontextprotocol/conformance');
const resource = 'https://mcp.example.com/logs';
const scenarioCount = 2;
const maxHops = 10;
const disposals = new Disposals();
try {
  process.exitCode = await run();
} finally {
  await disposals[Symbol.asyncDispose]();
}

async function run() {
  const certificates = certificatesBeside(process.env.CA_FILE);
  const folder = disposals.use(await createFolder());
  const registry = disposals.use(
    await startRegistry({ createService, certificates, dataDir: join(folder.path, 'registry') }),
  );
  const port = await freePort();
  const agent = await onboard(registry, `http://127.0.0.1:${port}/callback`);
  const listener = await listenHttps(certificates);
  const server = disposals.use(
    await startAuthorizationServer({
      certificates,
      listener: authenticating(listener, agent),
      verifier: verifierFor(registry.url),
      resources: new Map([[resource, ['read:logs/production']]]),
    }),
  );
  const output = join(folder.path, 'results');
  await runSuite({ issuer: server.issuer, clientId: agent.clientId, port, output });
  return judge(output);
}

/** An interactive client on somebody's own machine, with leave to read the production logs. */
async function onboard(registry, redirectUri) {
  const agent = await registry.request('POST', '/agents', {
    handle: 'conformance',
    kind: 'mcp-client',
    name: 'Conformance',
    owners: ['operations@acme.example'],
    redirectUris: [redirectUri],
    keyCustody: 'issued',
  });
  await registry.request('POST', '/agents/conformance/credentials', {
    type: 'allowed-actions',
    claims: { actions: [{ action: 'read', resource: 'logs/production' }] },
    reason: 'conformance run',
  });
  return agent;
}

function verifierFor(url) {
  return createVerifier({
    fetch: guardedFetch({ allowLoopback: true }),
    policy: {
      mode: 'enforce',
      trust: [
        {
          issuer: issuerOf(url),
          clientIds: [`${url}/a/`],
          credentialTypes: ['AgentAuthorizationCredential'],
        },
      ],
    },
  });
}

/**
 * The suite knows client secrets and public clients only, and our agents are neither: their documents
 * say `private_key_jwt`. What an agent adds to its token requests (RFC 7523 §2.2) is added here, in
 * front of the server, which checks it as it always does.
 */
function authenticating(listener, { clientId, privateJwk }) {
  const authenticate = createPrivateKeyJwtAuth({
    issuer: clientId,
    subject: clientId,
    privateKey: privateJwk,
    alg: 'ES256',
    audience: listener.url,
  });
  return {
    ...listener,
    handle: (answer) =>
      listener.handle(async (request, response) => {
        if (request.method === 'POST' && request.url === '/token') {
          const chunks = await request.toArray();
          const form = new URLSearchParams(Buffer.concat(chunks).toString());
          await authenticate(new Headers(), form, `${listener.url}/token`);
          request.body = Object.fromEntries(form);
        }
        answer(request, response);
      }),
  };
}

/** Plays the person at the browser: opens the URL that the suite prints, and follows it. */
async function runSuite({ issuer, clientId, port, output }) {
  const options = { url: issuer, 'client-id': clientId, port, resource, 'output-dir': output };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn(
    process.env.SUITE_NODE,
    [join(suite, 'dist/index.js'), 'authorization', ...args],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  for await (const line of createInterface({ input: child.stdout })) {
    console.log(line);
    if (line.startsWith(`${issuer}/auth?`)) await follow(line);
  }
  if (child.exitCode === null) await once(child, 'exit');
}

async function follow(start) {
  const cookies = new Map();
  let url = start;
  for (let hop = 0; hop < maxHops && url !== undefined; hop += 1) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      cookies.set(name, value);
    }
    const location = response.headers.get('location');
    await response.body?.cancel();
    url = location === null ? undefined : new URL(location, url).href;
  }
}

/** A check that was skipped has not passed, and neither has a scenario that was not run. */
async function judge(output) {
  const files = await readdir(output, { recursive: true });
  const results = await Promise.all(
    files
      .filter((name) => basename(name) === 'checks.json')
      .map(async (name) => JSON.parse(await readFile(join(output, name), 'utf8'))),
  );
  const failed = results.flat().filter(({ status }) => status !== 'SUCCESS');
  for (const { id, status, errorMessage } of failed)
    console.log(`${status} ${id}: ${errorMessage}`);
  return results.length === scenarioCount && failed.length === 0 ? 0 : 1;
}

/** A folder that others may pass through but not list: root's database runs as another account. */
async function createFolder() {
  const path = await mkdtemp(join(tmpdir(), 'sealwright-conformance-'));
  await chmod(path, 0o711);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
