import type { Response } from 'express';
import type { Answer } from './answer.ts';

/**
 * Sends an answer: its body as `application/json` and nothing after that, or no body at all. A request
 * that was answered because the database went away is not answered again.
 */
export function sendAnswer(response: Response, { status, body, headers }: Answer): void {
  if (response.writableEnded) return;
  response.status(status).set(headers);
  if (body === undefined) return void response.end();
  // Not by Express, which adds a charset that JSON does not have (RFC 8259 §11).
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify(body));
}
