import type { Ruling } from './ruling.ts';

/** One decision as it stands in the log. Members are only ever added, never renamed or dropped. */
export interface Decision {
  /** When it was taken, ISO 8601 with milliseconds, UTC. */
  readonly time: string;
  /** The path of the hook. */
  readonly route: string;
  /** What was asked about, shortened to 2,048 characters; null when it was not read. */
  readonly clientId: string | null;
  /** The DID that issued the passport, trusted or not; null when none was read. */
  readonly issuer: string | null;
  readonly scopes: { readonly granted: readonly string[]; readonly withheld: readonly string[] };
  readonly outcome: Ruling['outcome'];
  readonly reason: Ruling['reason'];
  /** Id of the report; null when there was no verdict. */
  readonly report: string | null;
  readonly mode: Ruling['mode'];
  /** Whole milliseconds from the request to the decision. */
  readonly ms: number;
}

const maxNameLength = 2_048;
const maxScopes = 64;

/** The entry for a ruling. */
export function decisionOf(
  ruling: Ruling,
  taken: { readonly time: Date; readonly route: string; readonly ms: number },
): Decision {
  const { clientId, outcome, reason, report, mode, granted, withheld } = ruling;
  return {
    time: taken.time.toISOString(),
    route: taken.route,
    clientId: clientId?.slice(0, maxNameLength) ?? null,
    issuer: report?.issuer.did ?? null,
    scopes: { granted: scopesIn(granted), withheld: scopesIn(withheld) },
    outcome,
    reason,
    report: report?.report ?? null,
    mode,
    ms: Math.round(taken.ms),
  };
}

/** One line of JSON in ASCII: nothing that a client chose can start a line or steer a terminal. */
export function decisionLine(decision: Decision): string {
  return `${JSON.stringify(decision).replaceAll(/[\u007f-\uffff]/g, escapeUnit)}\n`;
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function scopesIn(grants: Ruling['granted']): readonly string[] {
  return grants
    .filter((grant) => typeof grant === 'string')
    .slice(0, maxScopes)
    .map((scope) => scope.slice(0, maxNameLength));
}
