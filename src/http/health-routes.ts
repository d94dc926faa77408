import { Router } from 'express';
import { ok } from './answer.ts';
import { sendAnswer } from './send-answer.ts';

/** One thing that the service needs or uses, and whether it has it now. */
export interface Readiness {
  readonly name: string;
  readonly ok: boolean;
  /** false for what this process does without for a while; true when left out. */
  readonly isNeeded?: boolean;
}

/**
 * `/healthz` says that the process answers; `/readyz` says what it needs and has, with 503 while
 * anything is missing that it needs. Neither takes a token, so neither says more than names.
 */
export function healthRoutes(checkReadiness: () => Promise<readonly Readiness[]>): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router.get('/healthz', (_request, response) => {
    sendAnswer(response, ok({ status: 'ok' }));
  });
  router.get('/readyz', async (_request, response) => {
    const checks = await checkReadiness();
    const ready = checks.every(({ ok, isNeeded }) => ok || isNeeded === false);
    const shown = checks.map(({ name, ok, isNeeded }) => ({
      ...{ name, ok },
      ...(isNeeded === false ? { needed: false } : {}),
    }));
    const body = { status: ready ? 'ok' : 'unavailable', checks: shown };
    sendAnswer(response, { ...ok(body), status: ready ? 200 : 503 });
  });
  return router;
}
