import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { JsonObject, JsonValue } from '../../../src/protocol/strict-json.ts';

/** What goes wrong with the next request that matches, once. */
export interface Trouble {
  readonly method: string;
  /** Of the path, query included. */
  readonly pattern: RegExp;
  /** Answers in the place of the server; `lost` answers as if all was well and does nothing. */
  readonly how:
    | { readonly status: number; readonly headers?: Readonly<Record<string, string>> }
    | 'lost'
    | 'hang-up'
    /** Somebody else changes the client back at once. */
    | 'undone';
}

/** What a product's own half of the server does with a request that carries a token. */
export interface Handled {
  readonly status: number;
  readonly body?: JsonValue;
}

/** A server like an administration interface: tokens by client credentials, and clients. */
export interface AdminServer extends AsyncDisposable {
  readonly url: string;
  readonly clients: Map<string, JsonObject>;
  readonly troubles: Trouble[];
  /** Method and path of every request, in order, without tokens' requests. */
  readonly requests: string[];
  readonly logins: number;
  /** Tokens that were given up to now are refused from now on. */
  forgetTokens(): void;
}

export const admin = { clientId: 'sealwright-sync', clientSecret: 'canary-secret-of-the-admin' };

export interface AdminLanguage {
  readonly tokenPath: string;
  /** Whether the request for a token is as documented. */
  readonly isLogin: (request: IncomingMessage, body: string) => boolean;
  readonly handle: (
    clients: Map<string, JsonObject>,
    request: { readonly method: string; readonly path: string; readonly body: string },
  ) => Handled;
}

/** Starts a server on a port of its own. */
export async function startAdminServer(language: AdminLanguage): Promise<AdminServer> {
  const clients = new Map<string, JsonObject>();
  const troubles: Trouble[] = [];
  const requests: string[] = [];
  const state = { logins: 0, tokens: new Set<string>() };

  function login(request: IncomingMessage, body: string): Handled {
    state.logins += 1;
    if (!language.isLogin(request, body)) return { status: 401 };
    const token = `canary-token-${state.logins}`;
    state.tokens.add(token);
    return { status: 200, body: { access_token: token, expires_in: 60, token_type: 'Bearer' } };
  }

  function authorized({ headers: { authorization = '' } }: IncomingMessage): boolean {
    return state.tokens.has(authorization.replace(/^Bearer /, ''));
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '' } = request;
    const body = await text(request);
    const at = troubles.findIndex((one) => one.method === method && one.pattern.test(path));
    const [trouble] = at < 0 ? [] : troubles.splice(at, 1);
    if (path !== language.tokenPath) requests.push(`${method} ${path}`);
    if (trouble?.how === 'hang-up') return void request.socket.destroy();
    if (typeof trouble?.how === 'object') {
      return void response.writeHead(trouble.how.status, trouble.how.headers).end('{"canary":1}');
    }
    if (path === language.tokenPath) return send(response, login(request, body));
    if (!authorized(request)) return send(response, { status: 401 });
    const before = structuredClone([...clients]);
    const handled = language.handle(clients, { method, path, body });
    if (trouble !== undefined) for (const [name, client] of before) clients.set(name, client);
    return send(response, handled);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    clients,
    troubles,
    requests,
    get logins() {
      return state.logins;
    },
    forgetTokens: () => state.tokens.clear(),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function send(response: ServerResponse, { status, body }: Handled): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(body === undefined ? '' : JSON.stringify(body));
}
