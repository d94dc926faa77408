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
    if (answer?.perSecond !== undefined) return answer.perSecond;
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
    stop: async () => {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
