import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import express from 'express';
import { expect, test } from 'vitest';
import { TextStream } from '../../src/http/answer.ts';
import { sendAnyAnswer } from '../../src/http/send-answer.ts';

test('a stream whose reader takes nothing any more is given up', async () => {
  let isOver = false;
  async function* endless() {
    try {
      for (;;) yield 'x'.repeat(65_536);
    } finally {
      isOver = true;
    }
  }
  const app = express();
  app.get('/', (_request, response) =>
    sendAnyAnswer(
      response,
      { status: 200, headers: {}, body: new TextStream('application/jsonl', endless()) },
      300,
    ),
  );
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const reader = connect(address.port, '127.0.0.1');
  reader.on('error', () => undefined);
  reader.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(reader, 'readable');
  reader.pause();
  await expect.poll(() => isOver, { timeout: 10_000 }).toBe(true);
  reader.destroy();
  server.closeAllConnections();
  server.close();
});
