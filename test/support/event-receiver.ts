import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** A message as it came in. */
export interface ReceivedMessage {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly at: number;
}

/** What a receiver answers; 202 unless told. */
export type Answering = (message: ReceivedMessage, response: ServerResponse) => void;

/** A server of somebody who is told, on a free loopback port. */
export interface EventReceiver extends AsyncDisposable {
  readonly origin: string;
  readonly received: readonly ReceivedMessage[];
  /** Answers differently from now on. */
  answer(answering: Answering): void;
  /** The messages that fit, once there are so many. */
  awaitMessages(
    count: number,
    fits?: (message: ReceivedMessage) => boolean,
    withinMs?: number,
  ): Promise<readonly ReceivedMessage[]>;
}

export async function startEventReceiver(): Promise<EventReceiver> {
  const received: ReceivedMessage[] = [];
  let answering: Answering = (_, response) => response.writeHead(202).end();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const message = { path: request.url ?? '', headers: request.headers, body, at: Date.now() };
      received.push(message);
      answering(message, response);
    });
  }).listen(0, 'localhost');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    origin: `http://localhost:${address.port}`,
    received,
    answer: (next) => {
      answering = next;
    },
    awaitMessages: async (count, fits = () => true, withinMs = 10_000) => {
      const until = Date.now() + withinMs;
      for (;;) {
        const found = received.filter(fits);
        if (found.length >= count) return found;
        if (Date.now() > until) {
          throw new Error(`${found.length} of ${count} messages came: ${JSON.stringify(received)}`);
        }
        await sleep(10);
      }
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
