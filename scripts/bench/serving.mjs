import { once } from 'node:events';
import { createServer, get } from 'node:http';
import { compare } from './measure.mjs';

const connections = 16;
/** What Node adds by itself to every answer. */
const headersOfNode = ['date', 'connection', 'keep-alive', 'transfer-encoding'];

/**
 * GETs a second of one agent's client metadata over kept connections, from the registry and from a
 * bare HTTP server with the same octets and headers. Both run in this process and the requests come
 * from another, first to the one, then to the other.
 */
export async function measureServing({ clientId, load, scale, say }) {
  const peer = await startPeer(await readAnswer(clientId));
  const order = { connections, forMs: scale.sampleMs };
  try {
    return await compare(
      {
        'public document': () => load.get({ ...order, url: clientId }),
        'bare node:http': () => load.get({ ...order, url: peer.url }),
      },
      { ...scale, say },
    );
  } finally {
    await peer.stop();
  }
}

async function readAnswer(url) {
  const [response] = await once(get(url), 'response');
  const body = Buffer.concat(await response.toArray());
  const headers = [];
  for (let index = 0; index < response.rawHeaders.length; index += 2) {
    const [name, value] = response.rawHeaders.slice(index, index + 2);
    if (!headersOfNode.includes(name.toLowerCase())) headers.push(name, value);
  }
  return { path: new URL(url).pathname, headers, body };
}

async function startPeer({ path, headers, body }) {
  const server = createServer((_request, response) => {
    response.writeHead(200, headers).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}${path}`,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
