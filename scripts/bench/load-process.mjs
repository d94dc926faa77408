// The program of the load process: carries out one order at a time and answers with what it measured.
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { rateOver } from './measure.mjs';

process.on('disconnect', () => process.exit());
process.on('message', async (order) => {
  try {
    process.send({ measured: await methods[order.method](order) });
  } catch (error) {
    process.send({ error: String(error) });
  }
});

const methods = { GET: get, POST: post, 'open loop': askOnTime };

async function post({ url, token, connections, posts }) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const send = async ({ path, body }) => {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    };
    const message = request(new URL(path, url), { method: 'POST', agent, headers });
    message.end(body);
    const [response] = await once(message, 'response');
    const answer = Buffer.concat(await response.toArray()).toString();
    if (response.statusCode !== 201) throw new Error(`${response.statusCode}: ${answer}`);
  };
  try {
    return await rateOver(send, { items: posts, parallel: connections });
  } finally {
    agent.destroy();
  }
}

/**
 * Counts answers without parsing them: the first one tells how long every answer is, and a
 * connection asks again when it has received that many octets.
 */
async function get({ url, connections, forMs }) {
  const target = new URL(url);
  const octets = `GET ${target.pathname} HTTP/1.1\r\nHost: ${target.host}\r\n\r\n`;
  const sockets = await Promise.all(Array.from({ length: connections }, () => dial(target)));
  const length = await measureAnswer(sockets[0], octets);
  const began = performance.now();
  const end = began + forMs;
  const counts = await Promise.all(
    sockets.map((socket) => askUntil(socket, { octets, length, end })),
  );
  const perSecond = (counts.reduce((a, b) => a + b) * 1000) / (performance.now() - began);
  for (const socket of sockets) socket.destroy();
  return perSecond;
}

async function dial({ hostname, port }) {
  const socket = connect({ host: hostname, port: Number(port), family: 4, noDelay: true });
  await once(socket, 'connect');
  return socket;
}

async function measureAnswer(socket, octets) {
  socket.write(octets);
  let text = '';
  for (;;) {
    const [chunk] = await once(socket, 'data');
    text += chunk.toString('latin1');
    const head = text.indexOf('\r\n\r\n');
    if (head < 0) continue;
    if (!text.startsWith('HTTP/1.1 200 ')) throw new Error(text.slice(0, head));
    const length = /^content-length: (\d+)\r$/im.exec(text)?.[1];
    if (length === undefined) throw new Error('An answer did not say how long it is.');
    const whole = head + 4 + Number(length);
    if (text.length >= whole) return whole;
  }
}

function askUntil(socket, { octets, length, end }) {
  return new Promise((resolve, reject) => {
    let received = 0;
    let answers = 0;
    socket.on('data', (chunk) => {
      received += chunk.length;
      if (received < length) return;
      if (received > length) reject(new Error('An answer was longer than the first.'));
      received = 0;
      answers += 1;
      if (performance.now() < end) socket.write(octets);
      else resolve(answers);
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('The connection was closed.')));
    socket.write(octets);
  });
}

/** Latency counts from when a question was due, so that a stall counts for all that it held up. */
async function askOnTime({ url, token, path, body, connections, perSecond, forMs }) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  };
  const ask = async (dueAt) => {
    const message = request(new URL(path, url), { method: 'POST', agent, headers });
    message.end(body);
    const [response] = await once(message, 'response');
    const answer = Buffer.concat(await response.toArray()).toString();
    if (response.statusCode !== 200) throw new Error(`${response.statusCode}: ${answer}`);
    return performance.now() - dueAt;
  };
  try {
    const asked = [];
    const began = performance.now();
    const count = Math.floor((forMs * perSecond) / 1000);
    while (asked.length < count) {
      const due = Math.min(count, Math.floor(((performance.now() - began) * perSecond) / 1000) + 1);
      while (asked.length < due) asked.push(ask(began + (asked.length * 1000) / perSecond));
      await sleep(1);
    }
    const sorted = (await Promise.all(asked)).sort((one, other) => one - other);
    const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
    return { p50: at(0.5), p99: at(0.99) };
  } finally {
    agent.destroy();
  }
}
