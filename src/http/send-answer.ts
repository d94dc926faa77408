import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import { type Answer, TextStream } from './answer.ts';

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

/** A reader who takes nothing for so long keeps what is held for him no longer. */
const stalledAfterMs = 60_000;

/**
 * Sends an answer of either kind, and a stream no faster than it is read. A stream that fails on the
 * way is cut off, so that nobody takes its beginning for the whole; one whose reader left just ends,
 * and so does one whose reader stalls.
 */
export async function sendAnyAnswer(
  response: Response,
  answer: Answer,
  patienceMs = stalledAfterMs,
): Promise<void> {
  const { body, status, headers } = answer;
  if (!(body instanceof TextStream)) return sendAnswer(response, answer);
  response.setTimeout(patienceMs, () => response.destroy());
  response.status(status).set(headers);
  response.setHeader('Content-Type', body.mediaType);
  try {
    await pipeline(Readable.from(body.pieces), response);
  } catch (error) {
    const hasLeft = error instanceof Error && 'code' in error && error.code === closedEarly;
    if (!hasLeft) throw error;
  }
}

const closedEarly = 'ERR_STREAM_PREMATURE_CLOSE';
