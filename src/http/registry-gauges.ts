import type { Inventory } from '../estate/inventory.ts';
import type { SubscriptionTally } from '../events/subscription.ts';
import type { Registry } from '../journeys/registry.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Metrics, Sample } from '../metrics/metrics.ts';

/** Counting reads many rows, and `/metrics` takes no token: a count is good for this long. */
const countedMs = 30_000;

/** Shows what the registry holds and what of it needs somebody. */
export function addRegistryGauges(
  metrics: Metrics,
  deps: {
    readonly registry: Pick<
      Registry,
      'takeInventory' | 'countFindings' | 'countOrphans' | 'auditState' | 'tallySubscriptions'
    >;
    /** The audit journal of this process; `isOpen` says whether changes can be acknowledged. */
    readonly journal: { readonly isOpen: boolean };
    readonly clock: Clock;
  },
): void {
  const { registry, journal } = deps;
  metrics.addGauge({
    name: 'sealwright_rule_findings',
    help: 'Agents that do not meet a rule.',
    labels: ['rule'],
    read: async () =>
      (await registry.countFindings()).map(({ ruleId, open }) => sample({ rule: ruleId }, open)),
  });
  metrics.addGauge({
    name: 'sealwright_orphans',
    help: 'Agents all of whose owners departed.',
    labels: [],
    read: async () => [sample({}, await registry.countOrphans())],
  });
  addAuditGauges(metrics, () => registry.auditState());
  metrics.addGauge({
    name: 'sealwright_audit_journal_stopped',
    help: '1 while the audit journal of this process cannot be written to, and changes are refused.',
    labels: [],
    read: async () => [sample({}, journal.isOpen ? 0 : 1)],
  });
  addEventGauges(
    metrics,
    keep(() => registry.tallySubscriptions(), deps.clock),
  );
  addInventoryGauges(
    metrics,
    keep(() => registry.takeInventory(), deps.clock),
  );
}

function addAuditGauges(metrics: Metrics, state: Registry['auditState']): void {
  metrics.addGauge({
    name: 'sealwright_audit_records',
    help: 'Records of the audit trail.',
    labels: [],
    read: async () => [sample({}, (await state()).records)],
  });
  metrics.addGauge({
    name: 'sealwright_audit_checkpoint_records',
    help: 'Records that the last checkpoint has.',
    labels: [],
    read: async () => [sample({}, (await state()).covered)],
  });
  metrics.addGauge({
    name: 'sealwright_audit_checkpoints_stopped',
    help: '1 while the audit trail contradicts what was signed before, and nothing is signed.',
    labels: [],
    read: async () => [sample({}, (await state()).contradicts ? 1 : 0)],
  });
}

function addEventGauges(
  metrics: Metrics,
  tally: () => Promise<readonly SubscriptionTally[]>,
): void {
  metrics.addGauge({
    name: 'sealwright_event_subscriptions',
    help: 'Webhooks and streams of security events by state.',
    labels: ['kind', 'state'],
    read: async () =>
      (await tally()).map(({ way, state, subscriptions }) =>
        sample({ kind: way, state }, subscriptions),
      ),
  });
  metrics.addGauge({
    name: 'sealwright_event_deliveries_waiting',
    help: 'Messages that receivers have not taken yet.',
    labels: ['kind', 'state'],
    read: async () =>
      (await tally()).map(({ way, state, waiting }) => sample({ kind: way, state }, waiting)),
  });
}

function addInventoryGauges(metrics: Metrics, inventory: () => Promise<Inventory>): void {
  metrics.addGauge({
    name: 'sealwright_agents',
    help: 'Agents by state.',
    labels: ['state'],
    read: async () =>
      (await inventory()).agents.map(({ state, count }) => sample({ state }, count)),
  });
  metrics.addGauge({
    name: 'sealwright_credentials',
    help: 'Credentials by kind and state; own are those of types that organizations defined.',
    labels: ['type', 'state'],
    read: async () =>
      (await inventory()).credentials.map(({ type, state, count }) =>
        sample({ type, state }, count),
      ),
  });
  metrics.addGauge({
    name: 'sealwright_credential_expiration_timestamp_seconds',
    help: 'The next end of an active credential that nothing renews by itself.',
    labels: ['type'],
    read: async () =>
      (await inventory()).earliestEnds.map(({ type, endsAt }) => sample({ type }, +endsAt / 1_000)),
  });
  metrics.addGauge({
    name: 'sealwright_status_list_last_publish_timestamp_seconds',
    help: 'When a status list was last published.',
    labels: ['list'],
    read: async () =>
      (await inventory()).lists.flatMap(({ url, publishedAt }) =>
        publishedAt === null ? [] : [sample({ list: url }, +publishedAt / 1_000)],
      ),
  });
  metrics.addGauge({
    name: 'sealwright_status_list_used_ratio',
    help: 'Share of the indices of a status list that were handed out.',
    labels: ['list'],
    read: async () => (await inventory()).lists.map(({ url, used }) => sample({ list: url }, used)),
  });
}

function sample(labels: Sample['labels'], value: number): Sample {
  return { labels, value };
}

/** Reads once for all who ask within the time; a reading that fails is not kept. */
function keep<Value>(read: () => Promise<Value>, clock: Clock): () => Promise<Value> {
  let kept: { readonly value: Promise<Value>; readonly until: number } | null = null;
  return () => {
    const now = clock.now().getTime();
    if (kept === null || kept.until <= now) {
      const value = read();
      kept = { value, until: now + countedMs };
      value.catch(() => {
        kept = null;
      });
    }
    return kept.value;
  };
}
