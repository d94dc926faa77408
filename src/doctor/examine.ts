import type { Environment } from '../config/env.ts';
import { readClientSettings, readSettings } from '../config/settings.ts';
import { isLoopbackName } from '../protocol/host-name.ts';
import { guardedFetch } from '../verifier/node/index.ts';
import { type CheckResult, fail } from './check.ts';
import { checkDatabase } from './check-database.ts';
import { checkProcess } from './check-process.ts';
import { checkPublicSite } from './check-public-site.ts';
import { checkService } from './check-service.ts';
import { checkStorage } from './check-storage.ts';

/**
 * Looks at everything that a registry needs, from the machine and with the environment of its
 * service, which may run meanwhile. Changes nothing.
 */
export async function examine(env: Environment): Promise<readonly CheckResult[]> {
  const settings = readSettings(env);
  const runtime = checkProcess(env, process.version);
  if (!settings.ok) {
    const faults = settings.faults.map(({ pointer, detail }) =>
      fail('settings', `${pointer} ${detail}.`, 'docs/operations.md lists every setting.'),
    );
    return [...runtime, ...faults];
  }
  const { url, dataDir } = settings.value;
  const fetch = guardedFetch({ allowLoopback: isLoopbackName(new URL(url).hostname) });
  const client = readClientSettings(env);
  return [
    ...runtime,
    ...(await checkStorage(dataDir)),
    ...(await checkDatabase(settings.value)),
    ...(client.ok ? [await checkService(client.value.server)] : []),
    ...(await checkPublicSite(url, fetch)),
  ];
}
