import type { SyncAction, SyncResult } from './sync-clients.ts';

const actions: readonly SyncAction[] = [
  'none',
  'disabled',
  'enabled',
  'would-disable',
  'would-enable',
  'waiting',
  'left-disabled',
  'failed',
];

/** What a run counts, in the text format of Prometheus, for a collector that reads files. */
export class SyncMetrics {
  readonly #totals = new Map<SyncAction, number>();
  #last: readonly SyncResult[] = [];
  #lastAt = 0;

  /** `at` is when the round ended, in milliseconds since the epoch. */
  count(results: readonly SyncResult[], at: number): void {
    this.#last = results;
    this.#lastAt = at;
    for (const { action } of results) this.#totals.set(action, (this.#totals.get(action) ?? 0) + 1);
  }

  render(): string {
    const now = (action: SyncAction) => this.#last.filter((one) => one.action === action).length;
    const lines = [
      '# HELP sealwright_sync_results_total What was done about clients, over all rounds.',
      '# TYPE sealwright_sync_results_total counter',
      ...actions.map((action) => row('results_total', action, this.#totals.get(action) ?? 0)),
      '# HELP sealwright_sync_clients What was done about clients, in the last round.',
      '# TYPE sealwright_sync_clients gauge',
      ...actions.map((action) => row('clients', action, now(action))),
      '# HELP sealwright_sync_last_round_seconds When the last round ended, since the epoch.',
      '# TYPE sealwright_sync_last_round_seconds gauge',
      `sealwright_sync_last_round_seconds ${this.#lastAt / 1_000}`,
    ];
    return `${lines.join('\n')}\n`;
  }
}

function row(name: string, action: SyncAction, value: number): string {
  return `sealwright_sync_${name}{action="${action}"} ${value}`;
}
