import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Upper bounds in seconds: a call that signs takes milliseconds, a bulk revocation minutes. */
const requestBoundsS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60];
const verificationBoundsS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** One number of a gauge. Labels come from closed sets or from what the installation itself made. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A gauge whose samples are read when somebody looks. */
export interface ReadGauge {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  /** Whatever is not read any more is no longer shown. */
  readonly read: () => Promise<readonly Sample[]>;
}

/** One answered request of the API. */
export interface AnsweredRequest {
  readonly method: string;
  /** The pattern of the route, never the path that was asked for. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

/** How one question to a verifier ended. */
export interface AnsweredQuestion {
  readonly outcome: string;
  readonly reason: string | null;
  readonly seconds: number;
}

/**
 * What a process counts about itself, in the text format of Prometheus. Every name begins with
 * `sealwright_`; no label names a client, an agent or a key, so that their number stays bounded.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests: Histogram;
  readonly #documents: Counter;
  readonly #verifications: Counter;
  readonly #verificationSeconds: Histogram;
  readonly #signatures: Counter;
  readonly #rounds: Counter;
  readonly #roundFailures: Counter;
  readonly #lastRound: Gauge;
  readonly #unread: Counter;

  constructor() {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry, prefix: 'sealwright_' });
    this.#requests = new Histogram({
      name: 'sealwright_http_request_duration_seconds',
      help: 'From request to answer, for calls of the API.',
      labelNames: ['route', 'method', 'code'],
      buckets: requestBoundsS,
      registers,
    });
    this.#documents = new Counter({
      name: 'sealwright_public_document_requests_total',
      help: 'Answers about public documents, by kind of document.',
      labelNames: ['doc', 'code'],
      registers,
    });
    this.#verifications = new Counter({
      name: 'sealwright_verifications_total',
      help: 'Verdicts that were asked of this registry.',
      labelNames: ['verdict', 'reason'],
      registers,
    });
    this.#verificationSeconds = new Histogram({
      name: 'sealwright_verification_duration_seconds',
      help: 'From question to verdict.',
      buckets: verificationBoundsS,
      registers,
    });
    this.#signatures = new Counter({
      name: 'sealwright_signing_operations_total',
      help: 'Signatures that were asked of the signer.',
      labelNames: ['outcome'],
      registers,
    });
    this.#rounds = new Counter({
      name: 'sealwright_rounds_total',
      help: 'Rounds of what the registry owes without being asked.',
      labelNames: ['round', 'outcome'],
      registers,
    });
    this.#roundFailures = new Counter({
      name: 'sealwright_round_failures_total',
      help: 'Agents, lists or keys that stood in the way of a round.',
      labelNames: ['round'],
      registers,
    });
    this.#lastRound = new Gauge({
      name: 'sealwright_round_last_success_timestamp_seconds',
      help: 'When a round last came to its end.',
      labelNames: ['round'],
      registers,
    });
    this.#unread = new Counter({
      name: 'sealwright_metrics_unread_total',
      help: 'Readings of a gauge that failed; it is not shown then.',
      labelNames: ['metric'],
      registers,
    });
  }

  /** The media type of what `render` gives. */
  get mediaType(): string {
    return this.#registry.contentType;
  }

  observeRequest({ method, route, status, seconds }: AnsweredRequest): void {
    this.#requests.observe({ route, method, code: String(status) }, seconds);
  }

  countDocument(kind: string, status: number): void {
    this.#documents.inc({ doc: kind, code: String(status) });
  }

  observeVerification({ outcome, reason, seconds }: AnsweredQuestion): void {
    this.#verifications.inc({ verdict: outcome, reason: reason ?? 'none' });
    this.#verificationSeconds.observe(seconds);
  }

  countSignature(outcome: 'ok' | 'failed'): void {
    this.#signatures.inc({ outcome });
  }

  /** A round that ended; its failures are single things that the next round tries again. */
  countRound(round: string, ended: { readonly failures: number; readonly at: Date }): void {
    this.#rounds.inc({ round, outcome: 'ended' });
    this.#roundFailures.inc({ round }, ended.failures);
    this.#lastRound.set({ round }, ended.at.getTime() / 1_000);
  }

  countFailedRound(round: string): void {
    this.#rounds.inc({ round, outcome: 'failed' });
  }

  /** A gauge that cannot be read has no value and is counted as such: the others are worth a look. */
  addGauge({ name, help, labels, read }: ReadGauge): void {
    const unread = this.#unread;
    new Gauge({
      name,
      help,
      labelNames: [...labels],
      registers: [this.#registry],
      async collect() {
        try {
          const samples = await read();
          this.reset();
          for (const { labels: of, value } of samples) this.set({ ...of }, value);
        } catch {
          this.reset();
          // Without labels there is always a sample, and 0 would be a claim.
          if (labels.length === 0) this.set(Number.NaN);
          unread.inc({ metric: name });
        }
      },
    });
  }

  /** Everything as of now. */
  render(): Promise<string> {
    return this.#registry.metrics();
  }
}
