/** How many of something there are in a state. */
export interface StateCount {
  readonly state: string;
  readonly count: number;
}

/** Credentials of one kind: the passport, one of our facets, or `own` for what organizations defined. */
export interface CredentialCount extends StateCount {
  readonly type: string;
}

/** The earliest end among active credentials of a kind that nothing renews by itself. */
export interface EarliestEnd {
  readonly type: string;
  readonly endsAt: Date;
}

/** How a status list stands. */
export interface ListStanding {
  /** Where its Token Status List is published. */
  readonly url: string;
  readonly publishedAt: Date | null;
  /** Share of its indices that were handed out, 0 to 1. */
  readonly used: number;
}

/** What all organizations hold together, as of one moment. */
export interface Inventory {
  readonly agents: readonly StateCount[];
  readonly credentials: readonly CredentialCount[];
  readonly earliestEnds: readonly EarliestEnd[];
  readonly lists: readonly ListStanding[];
}

/** Counts what there is. It reads every credential once: ask no more often than you need. */
export interface InventoryReader {
  takeInventory(at: Date): Promise<Inventory>;
}
