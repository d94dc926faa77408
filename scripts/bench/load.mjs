// Load from a process of its own, so that the client's work is not counted against the server.
import { fork } from 'node:child_process';
import { once } from 'node:events';

/** Starts the other process; it ends with `stop`, or with this one. */
export function startLoad() {
  const child = fork(new URL('load-process.mjs', import.meta.url), { stdio: 'inherit' });

  const ended = once(child, 'exit');

  async function ask(order) {
    child.send(order);
    const [answer] = await Promise.race([once(child, 'message'), ended]);
    if (answer?.measured !== undefined) return answer.measured;
    throw new Error(answer?.error ?? 'The load process ended.');
  }

  return {
    /**
     * GETs the URL again and again over so many connections.
     * @param {{ url: string, connections: number, forMs: number }} order
     * @returns {Promise<number>} answers a second
     */
    get: (order) => ask({ method: 'GET', ...order }),
    /**
     * POSTs each body once, each connection waiting for its answer, which has to be 201.
     * @param {{ url: string, token: string, connections: number, posts: { path: string, body: string }[] }} order
     * @returns {Promise<number>} answers a second
     */
    post: (order) => ask({ method: 'POST', ...order }),
    /**
     * POSTs one body so many times a second for a while, when it is due and not when there is time:
     * an answer that is late does not hold up the questions after it (open loop). All have to be 200.
     * @param {{ url: string, token: string, path: string, body: string, connections: number, perSecond: number, forMs: number }} order
     * @returns {Promise<{ p50: number, p99: number }>} milliseconds from when a question was due to its answer
     */
    openLoop: (order) => ask({ method: 'open loop', ...order }),
    stop: async () => {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
