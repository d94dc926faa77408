import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettings } from '../../src/config/settings.ts';
import { createService, type Service } from '../../src/service.ts';
import { testCertificates } from './agent-world.ts';
import { createTestDatabase } from './database.ts';

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  // The API's answers are JSON of many shapes; tests name the members they look at.
  readonly body: Readonly<Record<string, unknown>>;
}

/** A real service with a database of its own, and a caller that holds its operator's token. */
export interface RunningService extends AsyncDisposable {
  readonly url: string;
  /** Where that URL is served: itself, unless it was given another name. */
  readonly address: string;
  readonly token: string;
  readonly service: Service;
  readonly connectionString: string;
  readonly dataDir: string;
  call(method: string, path: string, body?: unknown, token?: string | null): Promise<ApiAnswer>;
}

/**
 * Starts the service on a free loopback port; with `https`, under the run's throw-away CA. `baseUrl`
 * is its public address where something stands in front of it; calls go past that.
 */
export async function startRunningService(
  options: {
    readonly https?: boolean;
    readonly baseUrl?: string;
    readonly masterKey?: string;
  } = {},
): Promise<RunningService> {
  const database = await createTestDatabase();
  const dataDir = mkdtempSync(join(tmpdir(), 'sealwright-service-'));
  chmodSync(dataDir, 0o711);
  const port = await freePort();
  const token = `swt_${randomBytes(32).toString('base64url')}`;
  const { certFile, keyFile } = testCertificates();
  const tls = { SEALWRIGHT_TLS_CERT: certFile, SEALWRIGHT_TLS_KEY: keyFile };
  const address = `${options.https === true ? 'https' : 'http'}://localhost:${port}`;
  const settings = readSettings({
    ...(options.https === true ? tls : {}),
    SEALWRIGHT_URL: options.baseUrl ?? address,
    SEALWRIGHT_LISTEN: `127.0.0.1:${port}`,
    SEALWRIGHT_DATA_DIR: dataDir,
    SEALWRIGHT_ADMIN_TOKEN: token,
    SEALWRIGHT_LOG_LEVEL: 'silent',
    ...(options.masterKey === undefined ? {} : { SEALWRIGHT_MASTER_KEY: options.masterKey }),
    DATABASE_URL: database.connectionString,
  });
  if (!settings.ok) throw new Error(JSON.stringify(settings.faults));
  const service = await createService(settings.value);
  const { url } = service;
  return {
    url,
    address,
    token,
    service,
    connectionString: database.connectionString,
    dataDir,
    call: (method, path, body, bearer = token) => callApi(address, { method, path, body, bearer }),
    [Symbol.asyncDispose]: async () => {
      await service[Symbol.asyncDispose]();
      await database.drop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function callApi(
  address: string,
  order: { method: string; path: string; body: unknown; bearer: string | null },
): Promise<ApiAnswer> {
  const response = await fetch(`${address}/api/v1${order.path}`, {
    method: order.method,
    headers: {
      ...(order.bearer === null ? {} : { authorization: `Bearer ${order.bearer}` }),
      ...(order.body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(order.body === undefined ? {} : { body: JSON.stringify(order.body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: (text === '' ? {} : JSON.parse(text)) as ApiAnswer['body'],
  };
}
