import type { Clock } from '../kernel/clock.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { ExchangeStore } from './exchange-store.ts';

const rowsPerRound = 1000;

/** What forgetting needs. */
export interface ForgetExchangesDeps {
  readonly work: UnitOfWork<{ exchanges: ExchangeStore }>;
  readonly clock: Clock;
}

/**
 * Forgets exchanges whose tokens have ended on both sides, with the tokens that they issued; the audit
 * trail keeps what happened. Returns how many.
 */
export function forgetExchanges(deps: ForgetExchangesDeps): Promise<number> {
  const now = deps.clock.now();
  return deps.work.run(({ exchanges }) => exchanges.forgetEnded(now, rowsPerRound));
}
