import { isJsonObject, parseStrictJsonObject } from '../protocol/strict-json.ts';
import { type CheckResult, fail, pass, skipped } from './check.ts';

const deadlineMs = 5_000;

/** Whether the service that the command line speaks to runs, and has what it needs. */
export async function checkService(server: string): Promise<CheckResult> {
  const response = await fetch(`${server}/readyz`, {
    redirect: 'error',
    signal: AbortSignal.timeout(deadlineMs),
  }).catch(() => null);
  if (response === null) {
    return skipped('service', `nothing answers at ${server}: it does not run, or is elsewhere`);
  }
  const missing = missingOf(new Uint8Array(await response.arrayBuffer()));
  if (response.status === 200) return pass('service', `${server} is ready`);
  return fail(
    'service',
    `${server} runs and is not ready${missing === '' ? '' : `: it lacks ${missing}`}.`,
    'Read its log; docs/operations.md says what each name means.',
  );
}

function missingOf(body: Uint8Array): string {
  const parsed = parseStrictJsonObject(body);
  const checks = parsed.ok ? parsed.value['checks'] : undefined;
  if (!Array.isArray(checks)) return '';
  return checks
    .flatMap((check) =>
      isJsonObject(check) && check['ok'] !== true ? [String(check['name'])] : [],
    )
    .join(', ');
}
