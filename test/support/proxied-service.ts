import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettings } from '../../src/config/settings.ts';
import type { Organization } from '../../src/organizations/organization.ts';
import { createService } from '../../src/service.ts';
import { type CachingProxy, startCachingProxy } from './caching-proxy.ts';
import { createTestDatabase } from './database.ts';
import { freePort } from './running-service.ts';

/** A real service whose public address is a shared HTTP cache in front of it. */
export interface ProxiedService extends AsyncDisposable {
  readonly proxy: CachingProxy;
  readonly organization: Organization;
  /** POSTs to the API as its operator, past the cache. */
  post(path: string, body: unknown): Promise<{ status: number; body: unknown }>;
}

/** Starts the service with default settings on a free loopback port, and the cache before it. */
export async function startProxiedService(): Promise<ProxiedService> {
  const database = await createTestDatabase();
  const dataDir = mkdtempSync(join(tmpdir(), 'sealwright-proxied-'));
  chmodSync(dataDir, 0o711);
  const port = await freePort();
  const proxy = await startCachingProxy(port);
  const token = `swt_${randomBytes(32).toString('base64url')}`;
  const settings = readSettings({
    SEALWRIGHT_URL: proxy.url,
    SEALWRIGHT_LISTEN: `127.0.0.1:${port}`,
    SEALWRIGHT_DATA_DIR: dataDir,
    SEALWRIGHT_ADMIN_TOKEN: token,
    SEALWRIGHT_LOG_LEVEL: 'silent',
    DATABASE_URL: database.connectionString,
  });
  if (!settings.ok) throw new Error(JSON.stringify(settings.faults));
  const service = await createService(settings.value);
  return {
    proxy,
    organization: service.organization,
    post: async (path, body) => {
      const response = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return { status: response.status, body: await response.json() };
    },
    [Symbol.asyncDispose]: async () => {
      await proxy[Symbol.asyncDispose]();
      await service[Symbol.asyncDispose]();
      await database.drop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
