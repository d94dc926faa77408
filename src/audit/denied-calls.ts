import type { AuditEvent, CallOrigin } from './audit-event.ts';

/** Pairs of token and code that are counted apart in a minute; what comes beyond is counted together. */
const mostCounted = 1_000;

/** A call that a known token was refused. */
export interface DeniedCall {
  readonly organizationId: string;
  readonly tokenId: string;
  /** The code of the refusal: `unauthenticated` for a token that has ended, or `not-permitted`. */
  readonly code: string;
  /** Method and pattern of the route. */
  readonly route: string;
  readonly from: CallOrigin;
}

interface Counted {
  readonly first: DeniedCall;
  readonly minute: number;
  count: number;
}

/**
 * Counts calls that were denied: one record for each token, code and minute, however many there were,
 * and no more than a thousand a minute, so that a flood of them neither fills the trail nor keeps
 * anybody waiting. What is counted is in memory until it is taken; a process that is killed loses the
 * last minute of it.
 */
export class DeniedCalls {
  readonly #counted = new Map<string, Counted>();

  note(call: DeniedCall, at: Date): void {
    const minute = minuteOf(at);
    const own = `${minute} ${call.tokenId} ${call.code}`;
    const isRoom = this.#counted.has(own) || this.#counted.size < mostCounted;
    const name = isRoom ? own : `${minute} ${call.organizationId}`;
    const counted = this.#counted.get(name);
    if (counted !== undefined) counted.count += 1;
    // Beyond twice the room, which organizations alone cannot fill, nothing more is kept.
    else if (this.#counted.size < 2 * mostCounted) {
      this.#counted.set(name, { first: call, minute, count: 1 });
    }
  }

  /**
   * Has the minutes that are over recorded, or with `all` the present one too. What cannot be recorded
   * stays counted.
   */
  async record(
    at: Date,
    append: (events: readonly AuditEvent[]) => Promise<void>,
    options: { readonly all?: boolean } = {},
  ): Promise<number> {
    const present = minuteOf(at);
    const over = [...this.#counted].filter(
      ([, { minute }]) => options.all === true || minute !== present,
    );
    if (over.length === 0) return 0;
    const counts = new Map(over.map(([name, { count }]) => [name, count]));
    await append(over.map(([, counted]) => eventOf(counted)));
    for (const [name, counted] of over) {
      // What came while it was being recorded is left for the next record.
      counted.count -= counts.get(name) ?? 0;
      if (counted.count === 0) this.#counted.delete(name);
    }
    return over.length;
  }
}

function eventOf({ first, minute, count }: Counted): AuditEvent {
  const { organizationId, tokenId, code, route, from } = first;
  return {
    organizationId,
    actor: { kind: 'token', id: tokenId, from },
    action: 'access.denied',
    subject: tokenId,
    reason: null,
    details: { code, count, route, minute: new Date(minute * 60_000).toISOString() },
  };
}

function minuteOf(at: Date): number {
  return Math.floor(at.getTime() / 60_000);
}
