import type { RequestListener } from 'node:http';
import express, { Router } from 'express';
import type { Metrics } from '../metrics/metrics.ts';
import { accessRoutes } from './access-routes.ts';
import { agentRoutes } from './agent-routes.ts';
import { answerProblems, prepareAnswer, refuseUnknownRoute } from './answer-problem.ts';
import { applyRoutes } from './apply-routes.ts';
import { assertionRoutes } from './assertion-routes.ts';
import { auditRoutes } from './audit-routes.ts';
import { bulkRoutes } from './bulk-routes.ts';
import { credentialRoutes } from './credential-routes.ts';
import { enrolmentRoutes, enrolRoute } from './enrolment-routes.ts';
import { estateRoutes } from './estate-routes.ts';
import { healthRoutes, type Readiness } from './health-routes.ts';
import { importRoutes } from './import-routes.ts';
import { issuerKeyRoutes } from './issuer-key-routes.ts';
import { keyRoutes } from './key-routes.ts';
import type { Logger } from './log.ts';
import { metricsRoutes } from './metrics-routes.ts';
import { openApiRoutes } from './openapi-routes.ts';
import { organizationRoutes } from './organization-routes.ts';
import { platformRoutes } from './platform-routes.ts';
import type { OpenRoute, Route } from './route.ts';
import { ruleRoutes } from './rule-routes.ts';
import { schemaRoutes } from './schema-routes.ts';
import { type ServeRoutesDeps, serveRoutes } from './serve-routes.ts';
import { refuseWithoutStorage, type StorageWatch } from './storage-gate.ts';
import { streamRoutes } from './stream-routes.ts';
import { templateRoutes } from './template-routes.ts';
import { tokenExchangeRoute } from './token-exchange-route.ts';
import { verifyRoutes } from './verify-routes.ts';
import { webhookRoutes } from './webhook-routes.ts';
import { workloadRoutes } from './workload-routes.ts';

/** Every call of the management API. */
export const apiRoutes: readonly Route[] = [
  ...agentRoutes,
  ...keyRoutes,
  ...assertionRoutes,
  ...credentialRoutes,
  ...bulkRoutes,
  ...accessRoutes,
  ...verifyRoutes,
  ...organizationRoutes,
  ...platformRoutes,
  ...workloadRoutes,
  ...issuerKeyRoutes,
  ...auditRoutes,
  ...enrolmentRoutes,
  ...templateRoutes,
  ...applyRoutes,
  ...estateRoutes,
  ...importRoutes,
  ...ruleRoutes,
  ...schemaRoutes,
  ...webhookRoutes,
  ...streamRoutes,
];

/** The calls that no token opens. */
export const openRoutes: readonly OpenRoute[] = [enrolRoute];

/** What health and metrics need from the composition root. */
export interface HealthAppDeps {
  /** The origin of the first organization: it stands in the `type` of problem documents. */
  readonly origin: string;
  readonly log: Logger;
  readonly checkReadiness: () => Promise<readonly Readiness[]>;
  readonly metrics: Metrics;
}

/** What the API and health need from the composition root. */
export type AppDeps = ServeRoutesDeps &
  HealthAppDeps & {
    /** Nothing of the API works without the database; left out where nobody watches it. */
    readonly storage?: StorageWatch;
  };

/** The API and health: all that is not a public document. */
export function createApp(deps: AppDeps): RequestListener {
  const api = Router();
  if (deps.storage !== undefined) api.use(refuseWithoutStorage(deps.storage));
  api.use(tokenExchangeRoute(deps));
  const routes = [...apiRoutes, ...openRoutes];
  api.use(openApiRoutes(routes));
  api.use(serveRoutes(deps, { base: '/api/v1', routes }));
  return appWith(deps, api);
}

/** Health and metrics alone: for a process that serves documents and writes nothing. */
export function createHealthApp(deps: HealthAppDeps): RequestListener {
  return appWith(deps, Router());
}

function appWith(deps: HealthAppDeps, api: Router): RequestListener {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.use(prepareAnswer);
  app.use(healthRoutes(deps.checkReadiness));
  app.use(metricsRoutes(deps.metrics));
  app.use(api);
  app.use(refuseUnknownRoute);
  app.use(answerProblems(deps));
  return app;
}
