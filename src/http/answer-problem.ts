import { randomUUID } from 'node:crypto';
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { Logger } from './log.ts';
import {
  buildProblem,
  type HttpProblemCode,
  type ProblemOccurrence,
  problems,
} from './problems.ts';
import { Refusal } from './refusal.ts';

const requestIdHeader = 'X-Request-Id';

/** Gives every request an id, and every answer of the API the headers that keep browsers off it. */
export const prepareAnswer: RequestHandler = (_request, response, next) => {
  response.set({
    [requestIdHeader]: randomUUID(),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  });
  next();
};

/** The id by which the log and the `instance` of a problem document name this request. */
export function requestIdOf(response: Response): string {
  return String(response.getHeader(requestIdHeader));
}

/** Turns whatever a route threw into a problem document. What is not a refusal goes to the log. */
export function answerProblems(deps: {
  readonly origin: string;
  readonly log: Logger;
}): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    // Answered already, because the database went away: what else went wrong has that reason.
    if (response.writableEnded) return;
    const occurrence = occurrenceOf(error);
    const { status, retryAfterS } = problems[occurrence.code];
    const requestId = requestIdOf(response);
    if (status >= 500) deps.log.error({ requestId, code: occurrence.code, err: error }, 'failed');
    if (response.headersSent) return void request.socket.destroy();
    const problem = buildProblem(deps.origin, { ...occurrence, requestId });
    response
      .status(status)
      .set(retryAfterS === undefined ? {} : { 'Retry-After': String(retryAfterS) })
      .set(error instanceof Refusal ? error.headers : {})
      .set('Content-Type', 'application/problem+json')
      .end(JSON.stringify(problem));
  };
}

/** The last stop of a request that no route took. */
export const refuseUnknownRoute = (_request: Request): never => {
  throw new Refusal('route-not-found');
};

function occurrenceOf(error: unknown): ProblemOccurrence {
  if (error instanceof SealwrightError || error instanceof Refusal) {
    const { code, detail } = error;
    return { code, detail, faults: error instanceof SealwrightError ? error.faults : [] };
  }
  return { code: codeOfParser(error) };
}

/** What Express and its body reader say about a message, by the names they give their errors. */
const parserCodes: Readonly<Record<string, HttpProblemCode>> = {
  'entity.too.large': 'body-too-large',
  'encoding.unsupported': 'media-type-unsupported',
  'request.size.invalid': 'body-malformed',
  'request.aborted': 'body-malformed',
};

function codeOfParser(error: unknown): HttpProblemCode {
  // A path with a malformed escape: nothing can be there.
  if (error instanceof URIError) return 'route-not-found';
  const type = error instanceof Error && 'type' in error ? String(error.type) : '';
  return parserCodes[type] ?? 'internal-error';
}
