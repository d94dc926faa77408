import type { ServerResponse } from 'node:http';

/** What is answered: an object goes out as JSON, a text as it stands. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object | string;
}

/** The answer to a question that a product could read: 200 with this body. */
export function ok(body: Answer['body'], headers: Answer['headers'] = {}): Answer {
  return { status: 200, headers, body };
}

/** Sends an answer that nobody keeps. A problem document names the request as its `instance`. */
export function sendAnswer(response: ServerResponse, answer: Answer, requestId: string): void {
  const { status, headers, body } = answer;
  const named = status >= 500 && typeof body === 'object';
  const shown = named ? { ...body, instance: `urn:sealwright:request:${requestId}` } : body;
  // A text goes out in one piece with the headers; octets would make a second one.
  const text = typeof shown === 'string' ? shown : JSON.stringify(shown);
  // RFC 9110 §15.4.5: what a 304 says about content would be about the content that is not sent.
  const length = status === 304 ? {} : { 'Content-Length': Buffer.byteLength(text) };
  response.writeHead(status, {
    ...(text === '' ? {} : { 'Content-Type': 'application/json' }),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...headers,
    'X-Request-Id': requestId,
    ...length,
  });
  response.end(text);
}
