import { FaultLedger, faultOfAcceptance, whyRefused } from './judge.mjs';

const maxShown = 10;
/** Faults are told by another process, a little later than they take effect. */
const explainAfterMs = 2_000;

/**
 * Judges every call as it ends and keeps counts alone, so that the soak itself does not grow.
 */
export class Tally {
  outcomes = { accepted: 0, rejected: 0, undetermined: 0 };
  reasons = {};
  /** Calls that had to be refused, by what made them so: where there are none nothing was proved. */
  bound = { tampered: 0, stopped: 0, told: 0 };
  good = { calls: 0, accepted: 0, rejected: 0, undetermined: 0 };
  explained = { named: 0, own: 0, host: 0, stall: 0 };
  faults = {};
  /** What was wrong: how often in all, and the first few. */
  falseAccepts = { total: 0, first: [] };
  unexplained = { total: 0, first: [] };
  errors = { total: 0, first: [] };
  #latencies = [];
  #awaiting = [];
  #ledger;
  #limitMs;

  /** Times in real milliseconds: the oldest list that is believed, how long a fault has effects. */
  constructor({ limitMs, effectMs }) {
    this.#limitMs = limitMs;
    this.#ledger = new FaultLedger(effectMs);
  }

  addFault(fault) {
    count(this.faults, fault.kind);
    this.#ledger.add(fault);
  }

  addStall(stall) {
    this.#ledger.addStall(stall);
  }

  addError(error) {
    note(this.errors, String(error?.stack ?? error));
  }

  addCall(client, call) {
    count(this.outcomes, call.outcome);
    if (call.reason !== null) count(this.reasons, call.reason);
    const tookMs = call.endedAt - call.startedAt;
    this.#latencies[tookMs] = (this.#latencies[tookMs] ?? 0) + 1;
    const why = whyRefused(client, call, this.#limitMs);
    if (why !== undefined) this.bound[why] += 1;
    const fault = faultOfAcceptance(client, call, this.#limitMs);
    if (fault !== undefined) note(this.falseAccepts, { fault, ...factsOf(client, call) });
    if (client.kind === 'good') this.#addGood(client, call);
  }

  #addGood(client, call) {
    this.good.calls += 1;
    this.good[call.outcome] += 1;
    if (call.outcome !== 'accepted') this.#awaiting.push({ client, call });
  }

  /** Explains what is old enough to be explained by faults; at the end, with `all`, the rest. */
  explain({ all = false } = {}) {
    const before = Date.now() - explainAfterMs;
    const due = this.#awaiting.filter(({ call }) => all || call.endedAt < before);
    this.#awaiting = this.#awaiting.filter(({ call }) => !all && call.endedAt >= before);
    for (const { client, call } of due) {
      const by = this.#ledger.explain(client, call);
      if (by === undefined) note(this.unexplained, factsOf(client, call));
      else this.explained[by] += 1;
    }
  }

  /** Milliseconds within which this share of the calls had ended. */
  latency(share) {
    const total = this.#latencies.reduce((sum, calls) => sum + calls, 0);
    let seen = 0;
    return this.#latencies.findIndex((calls) => {
      seen += calls ?? 0;
      return seen >= share * total;
    });
  }
}

function factsOf({ clientId, kind }, { startedAt, endedAt, outcome, reason, evidence }) {
  const tookMs = endedAt - startedAt;
  return {
    clientId,
    kind,
    at: new Date(startedAt).toISOString(),
    tookMs,
    outcome,
    reason,
    evidence,
  };
}

function count(counts, name) {
  counts[name] = (counts[name] ?? 0) + 1;
}

function note(record, facts) {
  record.total += 1;
  if (record.first.length < maxShown) record.first.push(facts);
}
