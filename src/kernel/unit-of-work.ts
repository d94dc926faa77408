/**
 * One transaction is one set of stores. The work sees a consistent set, and either everything it
 * wrote is durable when `run` resolves, or nothing is. The work holds only stores and pure code:
 * no network and no signature, so that it may be run again after a conflict.
 */
export interface UnitOfWork<Stores> {
  run<Result>(work: (stores: Stores) => Promise<Result>): Promise<Result>;
}
