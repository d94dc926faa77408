import type { RequestListener } from 'node:http';
import express from 'express';
import type { Role } from '../config/env.ts';
import { accessRoutes } from './access-routes.ts';
import { agentRoutes } from './agent-routes.ts';
import { answerProblems, prepareAnswer, refuseUnknownRoute } from './answer-problem.ts';
import { auditRoutes } from './audit-routes.ts';
import { credentialRoutes } from './credential-routes.ts';
import { estateRoutes } from './estate-routes.ts';
import { healthRoutes, type Readiness } from './health-routes.ts';
import { importRoutes } from './import-routes.ts';
import { metricsRoutes } from './metrics-routes.ts';
import { organizationRoutes } from './organization-routes.ts';
import type { Route } from './route.ts';
import { ruleRoutes } from './rule-routes.ts';
import { type ServeRoutesDeps, serveRoutes } from './serve-routes.ts';
import { verifyRoutes } from './verify-routes.ts';

/** Every call of the management API. */
export const apiRoutes: readonly Route[] = [
  ...agentRoutes,
  ...credentialRoutes,
  ...accessRoutes,
  ...verifyRoutes,
  ...organizationRoutes,
  ...auditRoutes,
  ...estateRoutes,
  ...importRoutes,
  ...ruleRoutes,
];

/** What the API and health need from the composition root. */
export interface AppDeps extends ServeRoutesDeps {
  /** The origin of the first organization: it stands in the `type` of problem documents. */
  readonly origin: string;
  /** With `public` there is no API, only health. */
  readonly role: Role;
  readonly checkReadiness: () => Promise<readonly Readiness[]>;
}

/** The API and health: all that is not a public document. */
export function createApp(deps: AppDeps): RequestListener {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.use(prepareAnswer);
  app.use(healthRoutes(deps.checkReadiness));
  if (deps.role !== 'public') {
    app.use(metricsRoutes(deps.registry));
    app.use(serveRoutes(deps, { base: '/api/v1', routes: apiRoutes }));
  }
  app.use(refuseUnknownRoute);
  app.use(answerProblems(deps));
  return app;
}
