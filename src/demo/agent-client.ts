import { auth } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { OAuthError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import { decodeJwt } from 'jose';
import { AgentCredentials, type AgentIdentity } from './agent-credentials.ts';

/** What the authorization server said to a request for access. */
export type TokenAnswer =
  | { readonly granted: true; readonly scopes: readonly string[] }
  | { readonly granted: false; readonly error: string; readonly detail: string };

/** What the MCP server said to a tool call. */
export interface ToolAnswer {
  /** HTTP status of the last answer. */
  readonly status: number;
  /** The tool's text; null when the call was refused. */
  readonly text: string | null;
  /** The `reason`, `code` or `error` member of a refusal, whichever is the most exact. */
  readonly reason: string | null;
}

const noRefusal: ToolAnswer = { status: 0, text: null, reason: null };

/** An agent that calls tools of one MCP server through the MCP SDK's client. */
export class AgentClient {
  readonly #serverUrl: URL;
  readonly #credentials: AgentCredentials;
  #lastRefusal = noRefusal;

  constructor(serverUrl: string, identity: AgentIdentity) {
    this.#serverUrl = new URL(serverUrl);
    this.#credentials = new AgentCredentials(identity);
  }

  /** The access token held now. */
  get accessToken(): string | undefined {
    return this.#credentials.tokens()?.access_token;
  }

  /** Asks for a new access token, found from the MCP server's metadata on (RFC 9728, RFC 8414). */
  async requestToken(): Promise<TokenAnswer> {
    try {
      await this.#authorize();
      const { scope } = decodeJwt(this.accessToken ?? '');
      return {
        granted: true,
        scopes: String(scope ?? '')
          .split(' ')
          .filter(Boolean),
      };
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      return { granted: false, error: error.errorCode, detail: error.message };
    }
  }

  /** Calls a tool with the token held. Throws for what is no answer of the MCP server. */
  async callTool(name: string): Promise<ToolAnswer> {
    this.#lastRefusal = noRefusal;
    const client = new Client({ name: 'triage-bot', version: '1.0.0' });
    try {
      await client.connect(
        new StreamableHTTPClientTransport(this.#serverUrl, {
          authProvider: this.#credentials,
          fetch: (url, init) => this.#fetch(url, init),
        }),
      );
      const { content } = await client.callTool({ name });
      return { status: 200, text: textOf(content), reason: null };
    } catch (error) {
      if (this.#lastRefusal === noRefusal) throw error;
      return this.#lastRefusal;
    } finally {
      await client.close();
    }
  }

  async #authorize(): Promise<void> {
    const serverUrl = this.#serverUrl;
    const result = await auth(this.#credentials, { serverUrl });
    if (result === 'AUTHORIZED') return;
    await auth(this.#credentials, { serverUrl, authorizationCode: this.#credentials.takeCode() });
  }

  async #fetch(url: string | URL, init?: RequestInit): Promise<Response> {
    const response = await fetch(url, init);
    if (String(url) === this.#serverUrl.href && response.status >= 400) {
      const reason = reasonOf(await response.clone().text());
      this.#lastRefusal = { status: response.status, text: null, reason };
    }
    return response;
  }
}

function textOf(content: unknown): string {
  const parts = Array.isArray(content) ? (content as readonly { readonly text?: unknown }[]) : [];
  return parts.map((part) => String(part.text ?? '')).join('\n');
}

function reasonOf(body: string): string | null {
  try {
    const { reason, code, error } = JSON.parse(body) as { readonly [name: string]: unknown };
    const found = reason ?? code ?? error;
    return typeof found === 'string' ? found : null;
  } catch {
    return null;
  }
}
