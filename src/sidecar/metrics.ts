import type { PolicyInForce } from './policy-in-force.ts';
import type { ProblemCode } from './problems.ts';
import type { Ruling } from './ruling.ts';

/** Upper bounds of the histogram in seconds; 0.2 is the tightest budget of a hook. */
const bucketBoundsS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5] as const;

type Labels = Readonly<Record<string, string>>;

/**
 * A counter by labels; every label comes from a closed set. Counting is done in every answer, and
 * rendering when somebody looks: the labels are put in words only there.
 */
class Counts {
  readonly #counts = new Map<string, { readonly labels: Labels; count: number }>();

  add(labels: Labels): void {
    const key = Object.values(labels).join('\n');
    const found = this.#counts.get(key);
    if (found === undefined) this.#counts.set(key, { labels, count: 1 });
    else found.count += 1;
  }

  lines(name: string): string[] {
    return [...this.#counts.values()].map(
      ({ labels, count }) => `${name}${renderLabels(labels)} ${count}`,
    );
  }
}

/** How long decisions took, by route: how many were within each bound, how many in all, and the sum. */
class Durations {
  readonly #routes = new Map<string, { readonly within: number[]; count: number; sum: number }>();

  add(route: string, seconds: number): void {
    let found = this.#routes.get(route);
    if (found === undefined) {
      found = { within: bucketBoundsS.map(() => 0), count: 0, sum: 0 };
      this.#routes.set(route, found);
    }
    found.count += 1;
    found.sum += seconds;
    const first = bucketBoundsS.findIndex((bound) => seconds <= bound);
    if (first >= 0) found.within[first] = (found.within[first] ?? 0) + 1;
  }

  lines(name: string): string[] {
    const routes = [...this.#routes];
    return [
      ...routes.flatMap(([route, { within, count }]) => {
        let sum = 0;
        const buckets = bucketBoundsS.map((bound, index) => {
          sum += within[index] ?? 0;
          return `${name}_bucket${renderLabels({ route, le: String(bound) })} ${sum}`;
        });
        return [...buckets, `${name}_bucket${renderLabels({ route, le: '+Inf' })} ${count}`];
      }),
      ...routes.map(([route, { sum }]) => `${name}_sum${renderLabels({ route })} ${sum}`),
      ...routes.map(([route, { count }]) => `${name}_count${renderLabels({ route })} ${count}`),
    ];
  }
}

/** What the sidecar counts, in the text format of Prometheus, version 0.0.4. */
export class Metrics {
  readonly #policy: Pick<PolicyInForce, 'reloads' | 'isStale'>;
  readonly #gauges: () => { readonly inFlight: number; readonly keptWarm: number };
  readonly #decisions = new Counts();
  readonly #refused = new Counts();
  readonly #durations = new Durations();

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
    this.#durations.add(route, ms / 1_000);
  }

  countRefusal(route: string, code: ProblemCode): void {
    this.#refused.add({ route, code });
  }

  render(): string {
    const { reloads, isStale } = this.#policy;
    const { inFlight, keptWarm } = this.#gauges();
    const reloaded = 'sealwright_sidecar_policy_reloads_total';
    const families = [
      family('decisions_total', 'counter', 'Decisions, by what was told to whom.', (name) =>
        this.#decisions.lines(name),
      ),
      family('decision_duration_seconds', 'histogram', 'From request to decision.', (name) =>
        this.#durations.lines(name),
      ),
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
