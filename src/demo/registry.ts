import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Environment } from '../config/env.ts';
import { readSettings, type Settings } from '../config/settings.ts';
import { type Cdn, startCdn } from './cdn.ts';
import type { CertificateFiles } from './certificates.ts';
import { listenOnLoopback } from './listen-https.ts';

/** Starts the service: `createService` of the composition root. */
export type CreateService = (settings: Settings) => Promise<AsyncDisposable>;

/** A registry of its own, with its own database and master key, as its administrator sees it. */
export interface Registry extends AsyncDisposable {
  /** Public https origin, without a trailing slash. */
  readonly url: string;
  /** A platform token that ends with this registry. */
  readonly adminToken: string;
  /** The public origin: whoever reads a document comes this way, and `request` does not. */
  readonly cdn: Cdn;
  /** Calls `/api/v1` and returns the JSON. Throws with the problem's code when it is refused. */
  request(method: string, path: string, body?: JsonBody): Promise<JsonBody>;
}

/** A JSON object of the management API. */
export interface JsonBody {
  readonly [member: string]: unknown;
}

/** What a registry is started from. */
export interface RegistryOptions {
  readonly createService: CreateService;
  readonly certificates: CertificateFiles;
  readonly dataDir: string;
}

/** Starts a registry over https on loopback, in this process, with a CDN in front of it. */
export async function startRegistry(options: RegistryOptions): Promise<Registry> {
  const port = await findFreePort();
  const cdn = await startCdn(options.certificates, port);
  const adminToken = `swt_${randomBytes(32).toString('base64url')}`;
  const settings = settingsFrom({
    SEALWRIGHT_URL: cdn.url,
    SEALWRIGHT_LISTEN: `127.0.0.1:${port}`,
    SEALWRIGHT_TLS_CERT: options.certificates.certFile,
    SEALWRIGHT_TLS_KEY: options.certificates.keyFile,
    SEALWRIGHT_DATA_DIR: options.dataDir,
    SEALWRIGHT_ADMIN_TOKEN: adminToken,
    SEALWRIGHT_LOG_LEVEL: 'silent',
  });
  const service = await options.createService(settings).catch(async (reason: unknown) => {
    await cdn[Symbol.asyncDispose]();
    throw reason;
  });
  return {
    url: cdn.url,
    adminToken,
    cdn,
    request: (method, path, body) =>
      callApi(`https://localhost:${port}/api/v1${path}`, { method, adminToken, body }),
    [Symbol.asyncDispose]: async () => {
      await cdn[Symbol.asyncDispose]();
      await service[Symbol.asyncDispose]();
    },
  };
}

function settingsFrom(environment: Environment): Settings {
  const settings = readSettings(environment);
  if (settings.ok) return settings.value;
  throw new Error(settings.faults.map((fault) => `${fault.pointer}: ${fault.detail}`).join('\n'));
}

interface ApiCall {
  readonly method: string;
  readonly adminToken: string;
  readonly body: JsonBody | undefined;
}

async function callApi(url: string, call: ApiCall): Promise<JsonBody> {
  const response = await fetch(url, {
    method: call.method,
    headers: { authorization: `Bearer ${call.adminToken}`, 'content-type': 'application/json' },
    ...(call.body && { body: JSON.stringify(call.body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${call.method} ${url} answered ${response.status}: ${text}`);
  return (text === '' ? {} : JSON.parse(text)) as JsonBody;
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  const port = await listenOnLoopback(server);
  server.close();
  await once(server, 'close');
  return port;
}
