import { isJsonObject, type JsonObject, type JsonValue } from '../protocol/strict-json.ts';
import { AdminFailure } from './product.ts';

/** A bearer token, and for how many seconds it is good. */
export interface AdminToken {
  readonly token: string;
  readonly expiresInS: number;
}

/** How an administration interface is called. */
export interface AdminApiOptions {
  /** Without a slash at its end. */
  readonly url: string;
  /** Gets a new token with the given call, which carries none itself. */
  readonly login: (call: Call) => Promise<AdminToken>;
  /** Takes what an operator should know, in one line. */
  readonly say: (line: string) => void;
  readonly limits?: Partial<AdminLimits> | undefined;
}

/** Times in milliseconds. */
export interface AdminLimits {
  readonly attempts: number;
  readonly answerWithinMs: number;
  /** Before the second attempt; doubled before each further one. */
  readonly pauseMs: number;
  /** The longest that a product may have us wait because of its limits. */
  readonly maxWaitMs: number;
}

/** One request; the body goes out as JSON, or as a form when it is URLSearchParams. */
export interface AdminRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  /** With its leading slash, and its query. */
  readonly path: string;
  readonly body?: JsonObject | URLSearchParams;
}

/** What was answered; the body is null when there was none, or no JSON. */
export interface AdminAnswer {
  readonly status: number;
  readonly body: JsonValue;
}

type Call = (request: AdminRequest) => Promise<AdminAnswer>;

const usualLimits: AdminLimits = {
  attempts: 4,
  answerWithinMs: 10_000,
  pauseMs: 500,
  maxWaitMs: 60_000,
};
const maxAnswerLength = 2_000_000;
// A token is not used in its last seconds: it could end on its way.
const tokenMarginMs = 10_000;

/**
 * Calls an administration interface with a token that is fetched when one is needed. A call that got
 * no answer, a 5xx or a 429 is made again, after as long as the product asks for; a 401 once, with a
 * new token. Redirects are not followed. Only calls that may be repeated go through here.
 */
export class AdminApi {
  readonly #options: AdminApiOptions;
  readonly #limits: AdminLimits;
  #token: { readonly text: string; readonly goodUntil: number } | undefined;
  #pausedUntil = 0;

  constructor(options: AdminApiOptions) {
    this.#options = options;
    this.#limits = { ...usualLimits, ...options.limits };
  }

  /** The answer to a request that succeeded or found nothing: 2xx, or 404. Rejects otherwise. */
  async call(request: AdminRequest): Promise<AdminAnswer> {
    const first = await this.#persist(request, await this.#bearer());
    if (first.status !== 401) return accept(request, first);
    this.#token = undefined;
    const second = await this.#persist(request, await this.#bearer());
    return accept(request, second);
  }

  async #bearer(): Promise<string> {
    if (this.#token === undefined || this.#token.goodUntil <= Date.now()) {
      const login = (request: AdminRequest) => this.#persist(request, null);
      const { token, expiresInS } = await this.#options.login(async (request) =>
        accept(request, await login(request)),
      );
      const goodUntil = Date.now() + expiresInS * 1_000 - tokenMarginMs;
      this.#token = { text: token, goodUntil };
    }
    return this.#token.text;
  }

  /** Tries until there is an answer that another attempt would not change. */
  async #persist(request: AdminRequest, bearer: string | null): Promise<AdminAnswer> {
    const { attempts, pauseMs } = this.#limits;
    for (let attempt = 1; ; attempt += 1) {
      await sleep(this.#pausedUntil - Date.now());
      const answer = await this.#send(request, bearer);
      const last = attempt === attempts;
      const again = answer === undefined || answer.status === 429 || answer.status >= 500;
      if (!again) return answer;
      if (last) throw failureOf(request, answer?.status);
      const waitMs = answer?.waitMs ?? pauseMs * 2 ** (attempt - 1);
      if (waitMs > this.#limits.maxWaitMs) throw failureOf(request, answer?.status);
      this.#options.say(
        `${nameOf(request)}: ${answer?.status ?? 'no answer'}, again in ${waitMs} ms`,
      );
      // What one call is told to wait, the next one waits too.
      if (answer?.status === 429) this.#pausedUntil = Date.now() + waitMs;
      else await sleep(waitMs);
    }
  }

  /** One attempt; undefined when nothing came back, or not in time. */
  async #send(
    { method, path, body }: AdminRequest,
    bearer: string | null,
  ): Promise<(AdminAnswer & { readonly waitMs: number | undefined }) | undefined> {
    const isForm = body instanceof URLSearchParams;
    const type = isForm ? 'application/x-www-form-urlencoded' : 'application/json';
    try {
      const response = await fetch(`${this.#options.url}${path}`, {
        method,
        redirect: 'manual',
        signal: AbortSignal.timeout(this.#limits.answerWithinMs),
        headers: {
          Accept: 'application/json',
          ...(body === undefined ? {} : { 'Content-Type': type }),
          ...(bearer === null ? {} : { Authorization: `Bearer ${bearer}` }),
        },
        ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      const waitMs = waitIn(response.headers);
      return { status: response.status, body: jsonIn(text), waitMs };
    } catch {
      return undefined;
    }
  }
}

/** The object in an answer; rejects an answer that holds none. */
export function objectIn(request: AdminRequest, { body }: AdminAnswer): JsonObject {
  if (isJsonObject(body)) return body;
  throw new AdminFailure('answer-malformed', `${nameOf(request)}: the answer holds no object`);
}

/** The token in the answer of a token endpoint (RFC 6749 §5.1). */
export function tokenIn(request: AdminRequest, answer: AdminAnswer): AdminToken {
  const { access_token: token, expires_in: expiresInS } = objectIn(request, answer);
  if (typeof token === 'string' && token !== '') {
    return { token, expiresInS: typeof expiresInS === 'number' ? expiresInS : 60 };
  }
  throw new AdminFailure('answer-malformed', `${nameOf(request)}: the answer holds no token`);
}

function accept(request: AdminRequest, answer: AdminAnswer): AdminAnswer {
  const { status } = answer;
  if ((status >= 200 && status < 300) || status === 404) return answer;
  throw failureOf(request, status);
}

function failureOf(request: AdminRequest, status: number | undefined): AdminFailure {
  const code = codeOf(status);
  return new AdminFailure(code, `${nameOf(request)}: ${status ?? 'no answer'} (${code})`);
}

function codeOf(status: number | undefined): AdminFailure['code'] {
  if (status === undefined) return 'unreachable';
  if (status === 401) return 'unauthorized';
  if (status === 403) return 'forbidden';
  if (status === 429) return 'rate-limited';
  return status >= 500 ? 'server-error' : 'refused';
}

/** A request for people: its query could name what belongs in no log. */
function nameOf({ method, path }: AdminRequest): string {
  return `${method} ${path.replace(/\?.*$/s, '')}`;
}

/** How long a product asks to be left alone: Retry-After (RFC 9110 §10.2.3), or Auth0's own header. */
function waitIn(headers: Headers): number | undefined {
  const after = headers.get('retry-after');
  if (after !== null && /^\d{1,6}$/.test(after)) return Number(after) * 1_000;
  const date = after === null ? Number.NaN : Date.parse(after);
  if (!Number.isNaN(date)) return Math.max(0, date - Date.now());
  const reset = headers.get('x-ratelimit-reset');
  return reset !== null && /^\d{1,12}$/.test(reset)
    ? Math.max(0, Number(reset) * 1_000 - Date.now())
    : undefined;
}

function jsonIn(text: string): JsonValue {
  try {
    return text.length > maxAnswerLength ? null : (JSON.parse(text) as JsonValue);
  } catch {
    return null;
  }
}

function sleep(ms: number): Promise<void> {
  return ms <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms));
}
