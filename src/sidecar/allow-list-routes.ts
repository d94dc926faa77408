import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { buildJwks } from '../protocol/jwks.ts';
import type { AllowList } from './allow-list.ts';
import { type Answer, ok } from './answer.ts';
import { checkMethod } from './check-method.ts';
import { family } from './metrics.ts';
import { Refusal } from './problems.ts';
import { pathOf, type SideRoute } from './side-route.ts';

const path = '/allow-list.jwt';
const keysPath = '/allow-list/jwks.json';
const reading = ['GET', 'HEAD'];

/** `/allow-list.jwt`, with the token, and `/allow-list/jwks.json`, the keys for it, for everybody. */
export function createAllowListRoutes(list: AllowList): readonly SideRoute[] {
  return [
    {
      path,
      isPublic: false,
      answer: (request) => answerList(list, request),
      metrics: () => measure(list),
    },
    { path: keysPath, isPublic: true, answer: (request) => answerKeys(list, request) },
  ];
}

function answerList(list: AllowList, request: IncomingMessage): Answer {
  check(request, path);
  const text = list.current();
  if (text === undefined) {
    throw new Refusal('allow-list-not-ready', { headers: { 'Retry-After': '1' } });
  }
  const tag = `"${createHash('sha256').update(text).digest('base64url')}"`;
  const headers = { 'Content-Type': 'application/jwt', 'Cache-Control': 'no-cache', ETag: tag };
  // RFC 9110 §13.1.2: the comparison is weak, and `*` matches anything.
  const known = (request.headers['if-none-match'] ?? '').split(',').map((one) => one.trim());
  const same = known.some((one) => one === '*' || one.replace(/^W\//, '') === tag);
  return same ? { status: 304, headers, body: '' } : ok(text, headers);
}

function answerKeys({ key }: AllowList, request: IncomingMessage): Answer {
  check(request, keysPath);
  return ok(buildJwks([key]), { 'Cache-Control': 'public, max-age=300' });
}

function check(request: IncomingMessage, exact: string): void {
  if (pathOf(request) !== exact) throw new Refusal('route-not-found');
  checkMethod(request, reading);
}

function measure(list: AllowList): readonly string[] {
  const { watched, listed, signatures } = list.counts;
  const families = [
    ['allow_list_watched', 'gauge', 'Clients that are judged for the allow-list.', watched],
    ['allow_list_clients', 'gauge', 'Clients that are on it.', listed],
    ['allow_list_signatures_total', 'counter', 'Lists that were signed.', signatures],
  ] as const;
  return families.flatMap(([shortName, type, help, value]) =>
    family(shortName, type, help, (name) => [`${name} ${value}`]),
  );
}
