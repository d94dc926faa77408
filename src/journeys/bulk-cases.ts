import type { CredentialType } from '../credentials/credential.ts';
import type { Caller } from './registry.ts';
import { type TakeBackManyDeps, takeBackMany } from './take-back-many.ts';

/** What is meant: everything that every member given is true of. */
export interface BulkFilter {
  /** The handle of one agent. */
  readonly agent?: string;
  readonly owner?: string;
  readonly team?: string;
  readonly tag?: string;
  readonly type?: CredentialType;
  /** The key that signed it: the DID URL in its header, or the thumbprint at the end of that. */
  readonly issuerKey?: string;
  readonly issuedBefore?: Date;
}

/** One order about many. `reason` stands in the audit trail: 1 to 500 characters. */
export interface BulkInput extends Caller {
  readonly filter: BulkFilter;
  readonly reason: string;
  /** Only tells what would be done. */
  readonly preview: boolean;
}

/** What was, or would be, taken back. */
export interface BulkOutcome {
  readonly of: 'agents' | 'credentials';
  readonly ids: readonly string[];
  /** Agents of the organization whose new papers are still to come. */
  readonly agentsUnderWay: number;
  /** When the lists that show it were published; null when nothing had to be. */
  readonly publishedAt: Date | null;
}

/** Taking back many at once. Both may be repeated: what an earlier call left undone is done then. */
export interface BulkCases {
  /**
   * Revokes the facets and passports that are meant. Facets go for good, with what the registry
   * renewed of them; active agents whose passport is meant, or that lose a facet, get a new one by
   * the present key, published before the former ones are revoked. Of more than 256 agents, the
   * passports are revoked with the facets, and the new ones follow.
   */
  revokeMany(input: BulkInput): Promise<BulkOutcome>;
  /**
   * Suspends the active agents that are meant, or, with `type`, `issuerKey` or `issuedBefore`, the
   * facets. Passports are not suspended apart from their agent.
   */
  suspendMany(input: BulkInput): Promise<BulkOutcome>;
}

/** Binds the cases to their ports. */
export function bindBulkCases(deps: TakeBackManyDeps): BulkCases {
  return {
    revokeMany: (input) => takeBackMany(deps, 'revoke', input),
    suspendMany: (input) => takeBackMany(deps, 'suspend', input),
  };
}
