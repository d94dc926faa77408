import type { Metrics } from './metrics.ts';

/** Counts each call of the signer's methods by how it ended; what it signs and throws stays as it is. */
export function measureSigner<Signer extends object>(signer: Signer, metrics: Metrics): Signer {
  return new Proxy(signer, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return async (...input: unknown[]) => {
        try {
          const signed: unknown = await method.apply(target, input);
          metrics.countSignature('ok');
          return signed;
        } catch (error) {
          metrics.countSignature('failed');
          throw error;
        }
      };
    },
  });
}

/** Counts the round by how it ended, whatever it resolves or rejects with. */
export function measureRound<Done extends { readonly failures: readonly unknown[] }>(
  metrics: Metrics,
  name: string,
  round: (stopping: AbortSignal) => Promise<Done>,
): (stopping: AbortSignal) => Promise<Done> {
  return async (stopping) => {
    try {
      const done = await round(stopping);
      metrics.countRound(name, { failures: done.failures.length, at: new Date() });
      return done;
    } catch (error) {
      metrics.countFailedRound(name);
      throw error;
    }
  };
}
