import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { requireAgent } from '../verifier/adapters/express.ts';
import type { Verifier } from '../verifier/ports.ts';
import type { CertificateFiles } from './certificates.ts';
import { listenHttps } from './listen-https.ts';

/** What an MCP server on this machine needs. */
export interface LogServerOptions {
  readonly certificates: CertificateFiles;
  /** The authorization server whose access tokens it takes. */
  readonly issuer: string;
  readonly verifier: Verifier;
}

/** A running MCP server; `url` is its endpoint and its resource indicator (RFC 8707). */
export interface LogServer extends AsyncDisposable {
  readonly url: string;
}

interface Tool {
  readonly description: string;
  readonly scope: string;
  readonly text: string;
}

const endpoint = '/mcp';
const metadataPath = `/.well-known/oauth-protected-resource${endpoint}`;

const tools: ReadonlyMap<string, Tool> = new Map([
  [
    'read_logs',
    {
      description: 'The latest lines of the production log',
      scope: 'read:logs/production',
      text: '12:00:01 checkout answered 502 for 3 s, then recovered',
    },
  ],
  [
    'read_pii',
    {
      description: 'The customers behind the latest lines',
      scope: 'read:logs/pii',
      text: 'customer 4711',
    },
  ],
]);

/** The scopes that the tools of the log server need. */
export const logServerScopes: readonly string[] = [...tools.values()].map((tool) => tool.scope);

/**
 * Starts an MCP server (streamable HTTP, stateless) over https on loopback. A call needs an access
 * token of the authorization server for this resource, the scope of the tool in it (RFC 6750 §3.1
 * `insufficient_scope` otherwise), and an agent in good standing.
 */
export async function startLogServer(options: LogServerOptions): Promise<LogServer> {
  const listener = await listenHttps(options.certificates);
  const url = `${listener.url}${endpoint}`;
  listener.handle(buildApp(url, options));
  return { url, [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose]() };
}

function buildApp(url: string, options: LogServerOptions): Express {
  const metadataUrl = new URL(metadataPath, url).href;
  const app = express();
  app.disable('x-powered-by');
  // RFC 9728 §3.1: the well-known path stands before the path of the resource.
  app.get(metadataPath, (_request, response) => {
    response.json({
      resource: url,
      authorization_servers: [options.issuer],
      scopes_supported: logServerScopes,
      bearer_methods_supported: ['header'],
    });
  });
  app.post(
    endpoint,
    requireBearerAuth({
      verifier: { verifyAccessToken: checkingTokens(url, options.issuer) },
      resourceMetadataUrl: metadataUrl,
    }),
    express.json(),
    requireToolScope(metadataUrl),
    requireAgent(options.verifier, {
      clientId: (request: Request) => request.auth?.clientId,
      action: (request: Request) => scopesNeeded(request.body).join(' '),
    }),
    serveMcp,
  );
  app.all(endpoint, (_request, response) => {
    response.status(405).set('Allow', 'POST').end();
  });
  return app;
}

/** RFC 9068 §4: issuer, audience, signature and type of the token, each exactly. */
function checkingTokens(audience: string, issuer: string) {
  const keys = createRemoteJWKSet(new URL('/jwks', issuer));
  return async (token: string): Promise<AuthInfo> => {
    const rules = { issuer, audience, algorithms: ['ES256'], typ: 'at+jwt' };
    const { payload } = await jwtVerify(token, keys, rules).catch(() => {
      throw new InvalidTokenError('The access token does not verify');
    });
    const { client_id, scope, exp } = payload;
    return {
      token,
      clientId: String(client_id ?? ''),
      scopes: String(scope ?? '').split(' '),
      expiresAt: exp ?? 0,
    };
  };
}

function requireToolScope(metadataUrl: string) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const held = request.auth?.scopes ?? [];
    const missing = scopesNeeded(request.body).filter((scope) => !held.includes(scope));
    if (missing.length === 0) {
      next();
      return;
    }
    const scope = missing.join(' ');
    response
      .status(403)
      .set(
        'WWW-Authenticate',
        `Bearer error="insufficient_scope", scope="${scope}", resource_metadata="${metadataUrl}"`,
      )
      .json({ error: 'insufficient_scope', error_description: 'The token lacks a scope', scope });
  };
}

/** The scopes of the tools that a JSON-RPC message, or a batch of them, calls. */
function scopesNeeded(body: unknown): readonly string[] {
  const messages: readonly unknown[] = Array.isArray(body) ? body : [body];
  return messages.flatMap((message) => {
    const { method, params } = (message ?? {}) as {
      method?: unknown;
      params?: { name?: unknown };
    };
    const tool = method === 'tools/call' ? tools.get(String(params?.name)) : undefined;
    return tool === undefined ? [] : [tool.scope];
  });
}

async function serveMcp(request: Request, response: Response): Promise<void> {
  const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
  const server = buildServer();
  response.on('close', () => void server.close());
  await server.connect(transport);
  await transport.handleRequest(request, response, request.body);
}

function buildServer(): McpServer {
  const server = new McpServer({ name: 'log-server', version: '1.0.0' });
  for (const [name, { description, text }] of tools) {
    server.registerTool(name, { description }, () => ({ content: [{ type: 'text', text }] }));
  }
  return server;
}
