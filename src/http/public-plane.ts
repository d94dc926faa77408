import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Clock } from '../kernel/clock.ts';
import { facetSchemas } from '../protocol/facet.ts';
import { passportSchema } from '../protocol/passport.ts';
import type { PublicDocument } from '../publication/public-document.ts';
import { matchesEntityTag } from './entity-tag.ts';
import { pageSecurityPolicy } from './page-policy.ts';
import { buildProblem, type HttpProblemCode, problems } from './problems.ts';

/** Where the plane finds documents: `peek` answers from memory, `read` asks the store as well. */
export interface DocumentSource {
  peek(path: string): PublicDocument | undefined;
  read(path: string): Promise<PublicDocument | null>;
}

/** What the public plane serves, and who takes the requests that are not for it. */
export interface PublicPlaneDeps {
  readonly documents: DocumentSource;
  /** The hosts, in lower case, that are served beside the installation's own; absent: none. */
  readonly hosts?: { readonly size: number; has(host: string): boolean };
  /** Takes every request that is not for a public document; null when there is nothing else. */
  readonly next: RequestListener | null;
  readonly clock: Clock;
  /** Stands in the `type` of problems; with https, documents carry Strict-Transport-Security. */
  readonly origin: string;
}

const allowedMethods = 'GET, HEAD, OPTIONS';
const publicPrefix =
  /^\/(?:a|o|status|token-status|schemas|contexts|problems|audit|ssf|\.well-known\/ssf-configuration)\/|^\/(?:\.well-known\/(?:did\.json|ssf-configuration)|did\.json|jwks\.json)(?:$|\?)/;
/** Documents that come with the release are kept once, and are the same on every host. */
const releasePrefix = /^\/(?:contexts|problems)\//;
const releaseSchemas: ReadonlySet<string> = new Set(
  [passportSchema, ...Object.values(facetSchemas)].map((name) => `/schemas/${name}`),
);
/** What a published path can hold; anything else is not worth a look into the store. */
const publishedPath = /^[A-Za-z0-9._/-]{1,512}$/;
/** The redirect target of machine agents: the one address that bears a query. */
const callbackPath = /^(?:\/o\/[a-z0-9-]+)?\/a\/[a-z0-9-]+\/callback$/;
const strictTransport = 'max-age=31536000';

/**
 * Serves stored octets verbatim: no decoding, no redirect, no negotiation, no cookie, and nothing is
 * built from the Host header, which only chooses among the hosts that are known: any other one stands
 * for the installation's own. A path matches to the last character, so an escape, a dot segment or a query
 * finds nothing; the inert callback pages alone ignore a query. No request is logged.
 */
export function createPublicPlane(deps: PublicPlaneDeps): RequestListener {
  const plane = new PublicPlane(deps);
  return (request, response) => plane.answer(request, response);
}

/** Whether a request target belongs to the public plane, whatever it finds there. */
function isPublicTarget(target: string): boolean {
  return publicPrefix.test(target);
}

/** Whether it is a document of the release, which is the same on every host. */
function isStanding(target: string): boolean {
  return releasePrefix.test(target) || releaseSchemas.has(target);
}

/** Header lists per document, built once: an array is what `writeHead` takes fastest. */
interface PreparedHeaders {
  readonly full: string[];
  readonly notModified: string[];
}

class PublicPlane {
  readonly #deps: PublicPlaneDeps;
  readonly #prepared = new WeakMap<PublicDocument, PreparedHeaders>();
  readonly #common: readonly string[];
  readonly #preflight: string[];

  constructor(deps: PublicPlaneDeps) {
    this.#deps = deps;
    const secure = deps.origin.startsWith('https:');
    this.#common = [
      'Access-Control-Allow-Origin',
      '*',
      'X-Content-Type-Options',
      'nosniff',
      ...(secure ? ['Strict-Transport-Security', strictTransport] : []),
    ];
    this.#preflight = [
      ...this.#common,
      ...exposing('ETag, Age'),
      'Allow',
      allowedMethods,
      'Access-Control-Allow-Methods',
      allowedMethods,
      'Access-Control-Allow-Headers',
      'If-None-Match',
      'Access-Control-Max-Age',
      '86400',
    ];
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    const target = request.url ?? '/';
    const place = this.#placeOf(target, request);
    const document = this.#deps.documents.peek(place + target);
    const { method } = request;
    if (document !== undefined && (method === 'GET' || method === 'HEAD')) {
      this.#send(document, request, response);
    } else if (!isPublicTarget(target)) {
      this.#pass(request, response);
    } else if (method === 'GET' || method === 'HEAD') {
      void this.#find({ place, target }, request, response);
    } else if (method === 'OPTIONS') {
      response.writeHead(204, this.#preflight).end();
    } else {
      this.#refuse('method-not-allowed', response);
    }
  }

  /** What stands before the path of a document of the host that was asked, as it is kept. */
  #placeOf(target: string, { headers }: IncomingMessage): string {
    // Such a target would name a document of another host; with this in front it finds nothing.
    if (target.startsWith('//')) return '/';
    const { hosts } = this.#deps;
    if (hosts === undefined || hosts.size === 0) return '';
    const host = headers.host?.toLowerCase();
    if (host === undefined || !hosts.has(host) || isStanding(target)) return '';
    return `//${host}`;
  }

  #pass(request: IncomingMessage, response: ServerResponse): void {
    const { next } = this.#deps;
    if (next === null) this.#refuse('route-not-found', response);
    else next(request, response);
  }

  async #find(
    { place, target }: { readonly place: string; readonly target: string },
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const path = storedPath(target);
    try {
      const document = path === null ? null : await this.#deps.documents.read(place + path);
      if (document === null) this.#refuse('document-not-found', response);
      else this.#send(document, request, response);
    } catch {
      // Whatever is wrong with the store, a reader must not take it for an answer about the agent.
      this.#refuse('storage-unavailable', response);
    }
  }

  #send(document: PublicDocument, request: IncomingMessage, response: ServerResponse): void {
    const fault = this.#faultOf(document);
    if (fault !== null) this.#refuse(fault, response);
    else if (isHeld(document, request)) {
      response.writeHead(304, this.#headersOf(document).notModified).end();
    } else {
      response.writeHead(200, this.#headersOf(document).full).end(document.body);
    }
  }

  #faultOf({ state, expiresAt }: PublicDocument): HttpProblemCode | null {
    if (state === 'gone') return 'document-gone';
    const expired = expiresAt !== null && expiresAt <= this.#deps.clock.now();
    return expired ? 'document-expired' : null;
  }

  #headersOf(document: PublicDocument): PreparedHeaders {
    const held = this.#prepared.get(document);
    if (held !== undefined) return held;
    const prepared = this.#prepare(document);
    this.#prepared.set(document, prepared);
    return prepared;
  }

  #prepare(document: PublicDocument): PreparedHeaders {
    const notModified = [
      'ETag',
      `"${document.sha256}"`,
      'Cache-Control',
      document.cacheControl,
      ...this.#common,
      ...(document.link === null ? exposing('ETag, Age') : linking(document.link)),
    ];
    const length = String(document.body.byteLength);
    const content = ['Content-Type', document.mediaType, 'Content-Length', length];
    const html = document.mediaType.startsWith('text/html');
    return { full: [...content, ...notModified, ...(html ? pageHeaders : [])], notModified };
  }

  #refuse(code: HttpProblemCode | 'storage-unavailable', response: ServerResponse): void {
    const { status, retryAfterS } = problems[code];
    const problem = buildProblem(this.#deps.origin, { code });
    const body = Buffer.from(JSON.stringify(problem));
    const headers = [
      'Content-Type',
      'application/problem+json',
      'Content-Length',
      String(body.byteLength),
      'Cache-Control',
      'no-store',
      ...this.#common,
      ...exposing('ETag, Age'),
      ...(code === 'method-not-allowed' ? ['Allow', allowedMethods] : []),
      ...(retryAfterS === undefined ? [] : ['Retry-After', String(retryAfterS)]),
    ];
    response.writeHead(status, headers).end(body);
  }
}

/** Which headers a page of another origin may read. */
function exposing(names: string): readonly string[] {
  return ['Access-Control-Expose-Headers', names];
}

function linking(link: string): readonly string[] {
  return [...exposing('ETag, Age, Link'), 'Link', link];
}

const pageHeaders = [
  'Content-Security-Policy',
  pageSecurityPolicy,
  'Referrer-Policy',
  'no-referrer',
];

/** Whether the reader holds these very octets already. */
function isHeld(document: PublicDocument, request: IncomingMessage): boolean {
  const condition = request.headers['if-none-match'];
  return condition !== undefined && matchesEntityTag(condition, `"${document.sha256}"`);
}

/** The path to look up, or null when no document can be there. */
function storedPath(target: string): string | null {
  const [path = '', query] = target.split('?', 2);
  if (!publishedPath.test(path)) return null;
  return query === undefined || callbackPath.test(path) ? path : null;
}
