import { createApp } from '../../src/http/app.ts';
import { type Listeners, startListeners } from '../../src/http/listeners.ts';
import { createLog } from '../../src/http/log.ts';
import { RateLimits } from '../../src/http/rate-limits.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { Metrics } from '../../src/metrics/metrics.ts';
import { type EdgeWorld, watchedRegistry } from './edge-world.ts';
import { createStubVerifier } from './stub-verifier.ts';

/** The API on a loopback port of its own, over whatever world the running test has opened. */
export function startEdgeServer(present: () => EdgeWorld): Promise<Listeners> {
  const app = createApp({
    registry: watchedRegistry(present),
    verifierOf: createStubVerifier,
    limits: new RateLimits({ clock: systemClock, perMinute: null }),
    checkReadiness: async () => [],
    metrics: new Metrics(),
    origin: 'https://id.acme.com',
    clock: { now: () => present().clock.now() },
    log: createLog('silent'),
  });
  const listen = { host: '127.0.0.1', port: 0 };
  const settings = { listen, adminListen: undefined, tls: undefined };
  return startListeners(settings, { public: app, admin: null });
}
