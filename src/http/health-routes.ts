import { Router } from 'express';

/** One thing that the service needs, and whether it has it now. */
export interface Readiness {
  readonly name: string;
  readonly ok: boolean;
}

/**
 * `/healthz` says that the process answers; `/readyz` says what it needs and has, with 503 while
 * anything is missing. Neither takes a token, so neither says more than names.
 */
export function healthRoutes(checkReadiness: () => Promise<readonly Readiness[]>): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  router.get('/readyz', async (_request, response) => {
    const checks = await checkReadiness();
    const ready = checks.every(({ ok }) => ok);
    const shown = checks.map(({ name, ok }) => ({ name, ok }));
    response
      .status(ready ? 200 : 503)
      .json({ status: ready ? 'ok' : 'unavailable', checks: shown });
  });
  return router;
}
