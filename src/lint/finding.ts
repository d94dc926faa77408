/**
 * `error`: breaks a rule that servers enforce, or should. `warning`: some servers refuse it, or read
 * it differently. `notice`: works, and is good to know.
 */
export type Severity = 'error' | 'warning' | 'notice';

/**
 * What a statement rests on: the text of a standard, a run of the real server in our own tests, its
 * documentation, or a reading of its source.
 */
export type Basis = 'standard' | 'measured' | 'documentation' | 'source';

/** What a statement rests on, and as of when. */
export interface Ground {
  readonly basis: Basis;
  /** Date of the standard, or the day on which the server was run or read about. */
  readonly asOf: string;
}

/** One rule that a document breaks. Its texts are ours, but for names of members in `message`. */
export interface Finding extends Ground {
  /** Stable: `cimd.{part}.{defect}` for the standards, `{target}.{part}.{defect}` for a target. */
  readonly id: string;
  readonly severity: Severity;
  /** JSON Pointers (RFC 6901) of the first places, at least one; empty for the document itself. */
  readonly places: readonly string[];
  /** How many places there are, of which `places` has the first. */
  readonly placeCount: number;
  /** One sentence. */
  readonly message: string;
  /** What to do about it, in one sentence. */
  readonly fix: string;
  /** Where the rule stands: a section of a standard, or a server with its version. */
  readonly source: string;
}

const maxPlaces = 20;

/** The places of a finding, cut where a hostile document has thousands. */
export function listPlaces(places: readonly string[]): Pick<Finding, 'places' | 'placeCount'> {
  return { places: places.slice(0, maxPlaces), placeCount: places.length };
}
