import type { Parsed } from '../protocol/parsed.ts';
import type { TrustPolicy } from '../verifier/ports.ts';
import type { Mode } from './ruling.ts';

/** What is known about the policy by which the verifier judges, and about its file. */
export class PolicyInForce {
  #mode: Mode;
  #isStale = false;
  readonly #reloads = { ok: 0, failed: 0 };

  /** Starts from the policy that the verifier was created with. */
  constructor(policy: Pick<TrustPolicy, 'mode'>) {
    this.#mode = policy.mode;
  }

  get mode(): Mode {
    return this.#mode;
  }

  /** true while the file is broken or gone and an earlier policy is in force. */
  get isStale(): boolean {
    return this.#isStale;
  }

  /** How often the file was read again since the start, by result. */
  get reloads(): { readonly ok: number; readonly failed: number } {
    return { ...this.#reloads };
  }

  /** To be told of every reading of the file, as `followPolicyFile` tells it. */
  take(taken: Parsed<TrustPolicy>): void {
    this.#isStale = !taken.ok;
    this.#reloads[taken.ok ? 'ok' : 'failed'] += 1;
    if (taken.ok) this.#mode = taken.value.mode;
  }
}
