/**
 * A small balancer in front of several processes, as the usual ones behave: it asks each for /readyz, sends
 * requests to those that are ready, and tries a GET that got no answer at another one.
 */
import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';

const checkEveryMs = 300;
/** Headers of one connection, which are not passed on (RFC 9110 §7.6.1). */
const ofConnection = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade']);

/**
 * @param {readonly string[]} addresses of the processes
 * @param {{ checkWithinMs?: number }} options how long one may take to say that it is ready
 */
export async function startBalancer(addresses, { checkWithinMs = 1_000 } = {}) {
  const backends = addresses.map((address) => ({ address, isReady: false }));
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const counts = { retried: 0, resets: 0, unready: 0 };
  let turn = 0;
  const check = async () => {
    await Promise.all(
      backends.map(async (backend) => {
        const signal = AbortSignal.timeout(checkWithinMs);
        backend.isReady = await fetch(`${backend.address}/readyz`, { signal })
          .then(async (answer) => (await answer.arrayBuffer()) && answer.status === 200)
          .catch(() => false);
      }),
    );
  };
  const choose = (tried) => {
    const ready = backends.filter((backend) => backend.isReady && !tried.has(backend));
    turn += 1;
    return ready[turn % ready.length];
  };
  const pass = (incoming, response, body, tried) => {
    const backend = choose(tried);
    if (backend === undefined) {
      counts.unready += 1;
      response.writeHead(502).end('no backend');
      return;
    }
    const headers = Object.fromEntries(
      Object.entries(incoming.headers).filter(([name]) => !ofConnection.has(name)),
    );
    const outgoing = request(backend.address + incoming.url, {
      ...{ agent, headers, method: incoming.method },
    });
    outgoing.on('response', (answer) => {
      const kept = Object.entries(answer.headers).filter(([name]) => !ofConnection.has(name));
      response.writeHead(answer.statusCode ?? 502, Object.fromEntries(kept));
      answer.pipe(response);
      answer.on('error', () => response.destroy());
    });
    outgoing.on('error', () => {
      if (response.headersSent) return void response.destroy();
      tried.add(backend);
      if (incoming.method === 'GET') {
        counts.retried += 1;
        return pass(incoming, response, body, tried);
      }
      counts.resets += 1;
      response.writeHead(502).end('the connection was reset');
    });
    outgoing.end(body);
  };
  const server = createServer((incoming, response) => {
    const chunks = [];
    incoming.on('data', (chunk) => chunks.push(chunk));
    incoming.on('end', () => pass(incoming, response, Buffer.concat(chunks), new Set()));
  });
  // Longer than any client of the drill leaves a connection idle, so that none ends under a request.
  server.keepAliveTimeout = 300_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  await check();
  let isChecking = false;
  const timer = setInterval(() => {
    if (isChecking) return;
    isChecking = true;
    void check().finally(() => {
      isChecking = false;
    });
  }, checkEveryMs);
  return {
    address: `http://127.0.0.1:${server.address().port}`,
    counts,
    sendsTo: (address) => backends.some((one) => one.address === address && one.isReady),
    close: async () => {
      clearInterval(timer);
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
