import express, {
  type RequestHandler as ExpressStep,
  type Request,
  type Response,
  Router,
} from 'express';
import type { CallOrigin } from '../audit/audit-event.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { ApiToken } from '../organizations/api-token.ts';
import { parseStrictJsonObject } from '../protocol/strict-json.ts';
import { requestIdOf } from './answer-problem.ts';
import { authenticate, checkPlatform, checkReach, checkScope } from './authenticate.ts';
import { answerKeyed } from './idempotency.ts';
import type { Logger } from './log.ts';
import type { RateLimits } from './rate-limits.ts';
import { Refusal } from './refusal.ts';
import type { Call, OpenRoute, Route, RoutePorts } from './route.ts';
import { sendAnswer, sendAnyAnswer } from './send-answer.ts';

const jsonType = /^application\/json\s*(?:;\s*charset="?utf-8"?\s*)?$/i;

/** What routes act upon, and the log that hears how each call ended. */
export interface ServeRoutesDeps extends RoutePorts {
  readonly log: Logger;
  readonly limits: RateLimits;
  readonly metrics: Pick<Metrics, 'observeRequest'>;
}

/**
 * Serves routes at a base path. For each call, in this order: the token, its scope, the body or
 * the query, the use case, the view. Open routes ask for no token and look at none. A method that a path does not know is answered 405.
 */
export function serveRoutes(
  deps: ServeRoutesDeps,
  served: { readonly base: string; readonly routes: readonly (Route | OpenRoute)[] },
): Router {
  const router = Router({ caseSensitive: true, strict: true });
  for (const path of new Set(served.routes.map((route) => route.path))) {
    const routes = served.routes.filter((route) => route.path === path);
    for (const route of routes) mount(router, { ...served, route, deps });
    router.all(served.base + path, () => {
      const allow = routes.map(({ method }) => method).join(', ');
      throw new Refusal('method-not-allowed', { headers: { Allow: allow } });
    });
  }
  return router;
}

interface MountedRoute {
  readonly base: string;
  readonly route: Route | OpenRoute;
  readonly deps: ServeRoutesDeps;
}

function mount(router: Router, mounted: MountedRoute): void {
  const { route, base } = mounted;
  const path = base + route.path;
  const step: ExpressStep = (request, response) => serve(mounted, request, response);
  if (route.method === 'GET') router.get(path, step);
  else if (route.method === 'DELETE') router.delete(path, step);
  else if (route.method === 'POST') router.post(path, step);
  else if (route.method === 'PUT') router.put(path, step);
  else router.patch(path, step);
}

async function serve(
  { route, deps }: MountedRoute,
  request: Request,
  response: Response,
): Promise<void> {
  const observed = observe(deps, { route, response });
  const query = queryOf(request);
  const call = {
    ports: deps,
    target: partOf(request, 'target'),
    part: partOf(request, 'part'),
    path: request.path,
    query,
    ifMatch: request.get('If-Match'),
    from: originOf(request, response),
  };
  const message = { request, response, query };
  if (!('scope' in route)) {
    deps.limits.countStranger(request.socket.remoteAddress ?? '');
    return sendAnswer(response, await route.answer(call, await readInput(route, message)));
  }
  const { from } = call;
  const token = await admit({ route, deps, observed, from }, request, response);
  const raw = await readInput(route, message);
  const header = request.get('Idempotency-Key');
  const opened = { ...call, caller: callerOf(token, from), scopes: token.scopes };
  const keyed = { call: opened, raw, tokenId: token.id, header };
  const answer = await answerKeyed(route, keyed).catch((refusal: unknown) => {
    throw noteDenial({ route, deps, from }, token, refusal);
  });
  await sendAnyAnswer(response, answer);
}

/** The call of whoever the token stands for. */
function callerOf(
  { organizationId, id, team, agentId }: ApiToken,
  from: CallOrigin,
): Call['caller'] {
  return { organizationId, actor: { kind: 'token', id, from }, reach: { team, agentId } };
}

/** Where the connection comes from; headers that claim something else are not believed. */
export function originOf(request: Request, response: Response): CallOrigin {
  // An IPv4 address that a socket for both families shows in IPv6 form (RFC 4291 §2.5.5.2).
  const address = (request.socket.remoteAddress ?? '').replace(/^::ffff:/i, '');
  return { address, requestId: requestIdOf(response) };
}

interface DeniedPlace {
  readonly route: Route;
  readonly deps: ServeRoutesDeps;
  readonly from: CallOrigin;
}

/** Counts a refusal for the audit trail if it denies something to a known token, and gives it back. */
function noteDenial(
  { route, deps, from }: DeniedPlace,
  token: ApiToken,
  refusal: unknown,
): unknown {
  const isRefusal = refusal instanceof Refusal || refusal instanceof SealwrightError;
  if (isRefusal && (refusal.code === 'not-permitted' || refusal.code === 'unauthenticated')) {
    const { organizationId, id: tokenId } = token;
    const { code } = refusal;
    const pattern = `${route.method} ${route.path}`;
    deps.registry.noteDenied({ organizationId, tokenId, code, route: pattern, from });
  }
  return refusal;
}

/** The token of the request, counted; a request without a usable one counts for its address. */
async function admit(
  place: DeniedPlace & { readonly observed: { tokenId?: string } },
  request: Request,
  response: Response,
): Promise<ApiToken> {
  const { registry, limits } = place.deps;
  let ended: ApiToken | null = null;
  const token = await authenticate(registry, request.headers.authorization, (known) => {
    ended = known;
  }).catch((refusal: unknown) => {
    if (refusal instanceof Refusal) limits.countStranger(request.socket.remoteAddress ?? '');
    throw ended === null ? refusal : noteDenial(place, ended, refusal);
  });
  place.observed.tokenId = token.id;
  limits.countToken(token.id, response);
  try {
    checkScope(token, place.route.scope);
    checkReach(token, place.route);
    checkPlatform(token, place.route);
  } catch (refusal) {
    throw noteDenial(place, token, refusal);
  }
  return token;
}

/** Logs and counts the outcome by the pattern of the route: the path itself is the caller's text. */
function observe(
  { log, metrics }: Pick<ServeRoutesDeps, 'log' | 'metrics'>,
  { route, response }: { route: Pick<Route, 'method' | 'path'>; response: Response },
): { tokenId?: string } {
  const began = performance.now();
  const observed: { tokenId?: string } = {};
  response.on('close', () => {
    const ms = performance.now() - began;
    const answered = { method: route.method, route: route.path, status: response.statusCode };
    metrics.observeRequest({ ...answered, seconds: ms / 1_000 });
    const requestId = requestIdOf(response);
    log.info({ requestId, ...answered, ms: Math.round(ms), ...observed });
  });
  return observed;
}

interface Message {
  readonly request: Request;
  readonly response: Response;
  readonly query: URLSearchParams;
}

async function readInput(route: Route | OpenRoute, message: Message): Promise<unknown> {
  if (route.method === 'GET' || route.method === 'DELETE') return queryMembers(message.query);
  if (message.query.size > 0) {
    throw new SealwrightError('invalid-input', 'This call takes a body and no query.');
  }
  return readBody(message, route.maxBodyBytes);
}

async function readBody({ request, response }: Message, limit: number): Promise<unknown> {
  if (!jsonType.test(request.headers['content-type'] ?? '')) {
    throw new Refusal('media-type-unsupported');
  }
  const collectBody = express.raw({ type: () => true, limit, inflate: false });
  await new Promise<void>((resolve, reject) => {
    collectBody(request, response, (error?: unknown) => (error ? reject(error) : resolve()));
  });
  const octets: unknown = request.body;
  const json = parseStrictJsonObject(octets instanceof Uint8Array ? octets : new Uint8Array(0));
  if (json.ok) return json.value;
  const [fault] = json.faults;
  throw new Refusal('body-malformed', fault === undefined ? {} : { detail: fault.detail });
}

/** The query of the target. No part of it is ever logged. */
function queryOf(request: Request): URLSearchParams {
  const at = request.url.indexOf('?');
  return new URLSearchParams(at < 0 ? '' : request.url.slice(at + 1));
}

function queryMembers(query: URLSearchParams): Readonly<Record<string, string>> {
  const names = [...query.keys()];
  const repeated = names.find((name, at) => names.indexOf(name) !== at);
  if (repeated === undefined) return Object.fromEntries(query);
  throw new SealwrightError('invalid-input', 'A query member is given twice.', {
    faults: [{ pointer: `/${repeated}`, detail: 'must be given once' }],
  });
}

function partOf(request: Request, name: 'target' | 'part'): string {
  const target: unknown = request.params[name];
  if (target === undefined) return '';
  // PostgreSQL stores no U+0000, so nothing has such a name.
  if (typeof target !== 'string' || target.includes('\0')) throw new Refusal('route-not-found');
  return target;
}
