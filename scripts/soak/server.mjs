// The faulty server in a process of its own, so that its memory and its work are not the verifier's.
import { fork } from 'node:child_process';
import { once } from 'node:events';

/**
 * Starts the other process; it ends with `stop`, or with this one.
 *
 * @param {{ onFault: (fault: { url: string, kind: string, at: number }) => void,
 *   onStall: (stall: { at: number, ms: number }) => void }} listeners called for each fault that it
 *   committed, and each time in which it did not get to run, soon after
 */
export function startServer({ onFault, onStall }) {
  const child = fork(new URL('faulty-server.mjs', import.meta.url), { stdio: 'inherit' });
  const waiting = new Map();
  let lastId = 0;
  child.on('message', ({ fault, stall, id, answer, error }) => {
    if (fault !== undefined) return onFault(fault);
    if (stall !== undefined) return onStall(stall);
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    return error === undefined ? resolve(answer) : reject(new Error(error));
  });
  child.on('exit', () => {
    for (const { reject } of waiting.values()) reject(new Error('The server process ended.'));
  });
  const ended = once(child, 'exit');

  return {
    /** Carries out one of the orders of the server process and resolves with its answer. */
    ask: (order, input) =>
      new Promise((resolve, reject) => {
        lastId += 1;
        waiting.set(lastId, { resolve, reject });
        child.send({ id: lastId, order, input }, (error) => {
          if (error !== null) reject(error);
        });
      }),
    stop: async () => {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
