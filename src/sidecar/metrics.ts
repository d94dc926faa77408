import type { PolicyInForce } from './policy-in-force.ts';
import type { ProblemCode } from './problems.ts';
import type { Ruling } from './ruling.ts';

/** Upper bounds of the histogram in seconds; 0.2 is the tightest budget of a hook. */
const bucketBoundsS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5] as const;

type Labels = Readonly<Record<string, string>>;

/** A counter, or the counts of a histogram, by labels. Every label comes from a closed set. */
class Counts {
  readonly #counts = new Map<string, number>();

  add(labels: Labels, by = 1): void {
    const key = renderLabels(labels);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + by);
  }

  lines(name: string): string[] {
    return [...this.#counts].map(([labels, count]) => `${name}${labels} ${count}`);
  }
}

/** What the sidecar counts, in the text format of Prometheus, version 0.0.4. */
export class Metrics {
  readonly #policy: Pick<PolicyInForce, 'reloads' | 'isStale'>;
  readonly #gauges: () => { readonly inFlight: number; readonly keptWarm: number };
  readonly #decisions = new Counts();
  readonly #refused = new Counts();
  readonly #buckets = new Counts();
  readonly #sums = new Counts();
  readonly #durations = new Counts();

  constructor(
    policy: Pick<PolicyInForce, 'reloads' | 'isStale'>,
    gauges: () => { readonly inFlight: number; readonly keptWarm: number },
  ) {
    this.#policy = policy;
    this.#gauges = gauges;
  }

  countDecision(route: string, ruling: Ruling, ms: number): void {
    const { outcome, mode, passes } = ruling;
    const reason = ruling.reason ?? 'none';
    this.#decisions.add({ route, outcome, reason, mode, passed: String(passes) });
    const seconds = ms / 1_000;
    for (const bound of bucketBoundsS) {
      this.#buckets.add({ route, le: String(bound) }, seconds <= bound ? 1 : 0);
    }
    this.#buckets.add({ route, le: '+Inf' });
    this.#sums.add({ route }, seconds);
    this.#durations.add({ route });
  }

  countRefusal(route: string, code: ProblemCode): void {
    this.#refused.add({ route, code });
  }

  render(): string {
    const { reloads, isStale } = this.#policy;
    const { inFlight, keptWarm } = this.#gauges();
    const duration = 'sealwright_sidecar_decision_duration_seconds';
    const reloaded = 'sealwright_sidecar_policy_reloads_total';
    const families = [
      family('decisions_total', 'counter', 'Decisions, by what was told to whom.', (name) =>
        this.#decisions.lines(name),
      ),
      family('decision_duration_seconds', 'histogram', 'From request to decision.', () => [
        ...this.#buckets.lines(`${duration}_bucket`),
        ...this.#sums.lines(`${duration}_sum`),
        ...this.#durations.lines(`${duration}_count`),
      ]),
      family('refused_requests_total', 'counter', 'Requests without a decision.', (name) =>
        this.#refused.lines(name),
      ),
      family('policy_reloads_total', 'counter', 'Readings of the policy file.', () => [
        `${reloaded}{result="ok"} ${reloads.ok}`,
        `${reloaded}{result="failed"} ${reloads.failed}`,
      ]),
      family('policy_stale', 'gauge', '1 while the policy file is broken.', (name) => [
        `${name} ${isStale ? 1 : 0}`,
      ]),
      family('requests_in_flight', 'gauge', 'Questions under way.', (name) => [
        `${name} ${inFlight}`,
      ]),
      family('clients_kept_warm', 'gauge', 'Clients whose papers are kept fresh.', (name) => [
        `${name} ${keptWarm}`,
      ]),
    ];
    return `${families.flat().join('\n')}\n`;
  }
}

/** One family of metrics: its help, its type and its lines, without ends. */
export function family(
  shortName: string,
  type: 'counter' | 'gauge' | 'histogram',
  help: string,
  lines: (name: string) => readonly string[],
): readonly string[] {
  const name = `sealwright_sidecar_${shortName}`;
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines(name)];
}

function renderLabels(labels: Labels): string {
  const rendered = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return `{${rendered.join(',')}}`;
}

/** A label value as the format wants it. */
export function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
