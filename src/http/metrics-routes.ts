import { Router } from 'express';
import type { Metrics } from '../metrics/metrics.ts';

/**
 * `/metrics` says in the text format of Prometheus how the process and its registry are. It takes no
 * token, so it says no names: what is labelled by a client, an agent or a key is counted together.
 */
export function metricsRoutes(metrics: Metrics): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router.get('/metrics', async (_request, response) => {
    response.setHeader('Content-Type', metrics.mediaType);
    response.end(await metrics.render());
  });
  return router;
}
