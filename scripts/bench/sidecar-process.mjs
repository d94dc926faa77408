// The program of a process that answers over HTTP: the real sidecar, its decision log rendered and
// written nowhere, or a bare server that reads a body and answers; and tells its own CPU.
import { createWriteStream } from 'node:fs';
import { createServer } from 'node:http';
import { createSidecar } from '../../dist/sidecar/create-sidecar.js';
import { PolicyInForce } from '../../dist/sidecar/policy-in-force.js';
import { startSidecar } from '../../dist/sidecar/start-sidecar.js';
import { createMemoryApprovals, createVerifier } from '../../dist/verifier/index.js';
import { guardedFetch } from '../../dist/verifier/node/index.js';

const orders = { sidecar: serveSidecar, bare: serveBare, cpu: () => process.cpuUsage() };

process.on('disconnect', () => process.exit());
process.on('message', async ({ order, ...what }) => {
  try {
    process.send({ done: await orders[order](what) });
  } catch (error) {
    process.send({ error: String(error) });
  }
});

async function serveSidecar({ policy, token }) {
  const approvals = createMemoryApprovals();
  const fetch = guardedFetch({ allowLoopback: true });
  const log = createWriteStream('/dev/null');
  const sidecar = createSidecar({
    verifier: createVerifier({ fetch, policy, approvals }),
    policy: new PolicyInForce(policy),
    token,
    decided: (line) => log.write(line),
    say: (line) => console.error(line),
    approvals,
    allowLoopback: true,
  });
  const { url } = await startSidecar({ host: '127.0.0.1', port: 0 }, sidecar.listener);
  return url;
}

function serveBare() {
  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"allow":true}');
    });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${server.address().port}`));
  });
}
