import type { ClientSettings } from '../config/settings.ts';
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseStrictJson,
  parseStrictJsonObject,
} from '../protocol/strict-json.ts';
import { exitCodes } from './exit-codes.ts';
import { CommandFailure } from './failure.ts';

const deadlineMs = 60_000;

/** One call: method, path below `/api/v1`, and what goes with it. */
export interface ApiCall {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: JsonObject;
}

/** A workload's token, and what is wanted for it. */
export interface WorkloadOrder {
  readonly subjectToken: string;
  readonly scope: string | undefined;
  readonly audience: string | undefined;
}

/** A running service, called with the token of the environment. */
export class ApiClient {
  readonly #settings: ClientSettings;

  constructor(settings: ClientSettings) {
    this.#settings = settings;
  }

  /** The origin of the service. */
  get server(): string {
    return this.#settings.server;
  }

  /** The JSON object that the service answers; empty for an answer without a body. */
  async call(call: ApiCall): Promise<JsonObject> {
    const response = await this.#send(call);
    const octets = new Uint8Array(await response.arrayBuffer());
    if (octets.byteLength === 0 && response.ok) return {};
    const json = parseStrictJsonObject(octets);
    if (!json.ok) throw this.#foreign(response.status);
    if (!response.ok) throw problemFailure(json.value);
    return json.value;
  }

  /** The objects of an answer that is a JSON array, as standards have it; others are a foreign answer. */
  async callForList(call: ApiCall): Promise<readonly JsonObject[]> {
    const response = await this.#send(call);
    const octets = new Uint8Array(await response.arrayBuffer());
    const json = parseStrictJson(octets);
    if (!json.ok) throw this.#foreign(response.status);
    if (!response.ok && isJsonObject(json.value)) throw problemFailure(json.value);
    if (!Array.isArray(json.value)) throw this.#foreign(response.status);
    return json.value.filter((row: JsonValue) => isJsonObject(row));
  }

  /** All rows of a listing, or the first `most` of them, page by page. */
  async list(call: ApiCall, most = Number.POSITIVE_INFINITY): Promise<readonly JsonObject[]> {
    const rows: JsonObject[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.call({ ...call, query: { ...call.query, cursor } });
      rows.push(...rowsOf(page));
      cursor = typeof page['next'] === 'string' ? page['next'] : undefined;
    } while (cursor !== undefined && rows.length < most);
    return rows.slice(0, most);
  }

  /** The text that the service streams, as it comes; a stream that is cut off throws. */
  async stream(call: ApiCall): Promise<AsyncIterable<string>> {
    const waiting = new AbortController();
    const timer = setTimeout(() => waiting.abort(), deadlineMs);
    const response = await this.#send(call, waiting.signal).finally(() => clearTimeout(timer));
    if (!response.ok) {
      const json = parseStrictJsonObject(new Uint8Array(await response.arrayBuffer()));
      throw json.ok ? problemFailure(json.value) : this.#foreign(response.status);
    }
    return this.#piecesOf(response);
  }

  async *#piecesOf({ body }: Response): AsyncIterable<string> {
    const decoder = new TextDecoder();
    try {
      for await (const octets of body ?? []) yield decoder.decode(octets, { stream: true });
    } catch (cause) {
      throw new CommandFailure(`${this.#settings.server} did not send everything.`, {
        exitCode: exitCodes.server,
        code: 'answer-cut-off',
        fix: 'Try again. If it goes on, the log of the service says why.',
        cause,
      });
    }
  }

  /** What the token endpoint (RFC 8693) answers. It asks for no token of ours, and is sent none. */
  async exchange(order: WorkloadOrder): Promise<JsonObject> {
    const url = new URL('/api/v1/token-exchange', this.#settings.server);
    const { subjectToken, scope, audience } = order;
    const body = new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: subjectToken,
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      ...(scope !== undefined && { scope }),
      ...(audience !== undefined && { audience }),
    });
    const response = await this.#fetch(url, { method: 'POST', body });
    const json = parseStrictJsonObject(new Uint8Array(await response.arrayBuffer()));
    if (!json.ok) throw this.#foreign(response.status);
    if (!response.ok) throw oauthFailure(json.value);
    return json.value;
  }

  async #send(
    { method, path, query = {}, body }: ApiCall,
    signal?: AbortSignal,
  ): Promise<Response> {
    const { server, token } = this.#settings;
    const url = new URL(`/api/v1${path}`, server);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    const headers = {
      ...(token === undefined ? {} : { Authorization: `Bearer ${token.reveal()}` }),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    };
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    return this.#fetch(url, { method, headers, ...content, ...(signal && { signal }) });
  }

  async #fetch(url: URL, init: RequestInit): Promise<Response> {
    try {
      // A redirect would carry the token elsewhere.
      const signal = init.signal ?? AbortSignal.timeout(deadlineMs);
      return await fetch(url, { ...init, redirect: 'error', signal });
    } catch (cause) {
      throw new CommandFailure(`The service at ${this.#settings.server} cannot be reached.`, {
        exitCode: exitCodes.server,
        code: 'server-unreachable',
        fix: 'Start it with "sealwright serve", or name it by SEALWRIGHT_SERVER or --server.',
        cause,
      });
    }
  }

  #foreign(status: number): CommandFailure {
    return new CommandFailure(`${this.#settings.server} answered ${status}, and not as we do.`, {
      exitCode: exitCodes.server,
      code: 'server-foreign',
      fix: 'Check SEALWRIGHT_SERVER: it names the origin of a Sealwright service.',
    });
  }
}

/** The rows of one page of a listing. */
export function rowsOf(page: JsonObject): readonly JsonObject[] {
  return rowsIn(page, 'data');
}

/** The objects of a member that is an array; none when it is of another kind. */
export function rowsIn(json: JsonObject, name: string): readonly JsonObject[] {
  const rows: JsonValue | undefined = json[name];
  return Array.isArray(rows) ? rows.filter((row: JsonValue) => isJsonObject(row)) : [];
}

/** A problem document (RFC 9457) as a failure: title and detail, the places, and the fix. */
function problemFailure(problem: JsonObject): CommandFailure {
  const title = textIn(problem, 'title');
  const detail = textIn(problem, 'detail');
  const errors: JsonValue | undefined = problem['errors'];
  const places = Array.isArray(errors) ? errors.filter((row: JsonValue) => isJsonObject(row)) : [];
  return new CommandFailure(detail === '' ? `${title}.` : `${title}. ${detail}`, {
    exitCode: exitCodes.server,
    code: textIn(problem, 'code'),
    fix: textIn(problem, 'fix'),
    places: places.map((row) => `${textIn(row, 'pointer')} ${textIn(row, 'detail')}`.trim()),
  });
}

/** The answer of a token endpoint (RFC 6749 §5.2) as a failure. */
function oauthFailure(answer: JsonObject): CommandFailure {
  const code = textIn(answer, 'error');
  return new CommandFailure(`The token was not exchanged. ${textIn(answer, 'error_description')}`, {
    exitCode: code === 'temporarily_unavailable' ? exitCodes.undetermined : exitCodes.rejected,
    code,
    fix: 'Compare the claims of the token with "sealwright workload-rule list"; each token is exchanged once. The log of the service says why.',
  });
}

/** A member as text; empty when it is absent, null or of another kind. */
export function textIn(json: JsonObject, name: string): string {
  const value = json[name];
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? value : '';
}
