import type { AgentId } from '../agents/agent.ts';
import type { Brand } from '../kernel/brand.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type { JsonObject } from '../protocol/strict-json.ts';

/** An imported credential by its id, `imp_…`. */
export type ImportId = Brand<'ImportId'>;
/** What was last found: `undetermined` is not known, and never as good as `accepted`. */
export type ImportState = 'accepted' | 'rejected' | 'undetermined';

/** A credential about one of our agents by somebody else. */
export interface ImportedCredential {
  readonly id: ImportId;
  readonly organizationId: OrganizationId;
  readonly agentId: AgentId;
  /** The octets as they were handed over. */
  readonly jwt: string;
  /** base64url sha-256 of the octets. */
  readonly sha256: string;
  readonly issuer: string;
  /** Every type but `VerifiableCredential`. */
  readonly types: readonly string[];
  /** The subject as it was signed. */
  readonly claims: JsonObject;
  readonly validFrom: Date;
  readonly validUntil: Date;
  /** Why it was imported. */
  readonly reason: string;
  readonly state: ImportState;
  /** The verifier's reason; null when it is accepted. */
  readonly cause: string | null;
  readonly checkedAt: Date;
  readonly importedAt: Date;
}

/** An outside issuer, and for which types of credential it is believed. */
export interface TrustedIssuer {
  /** Exact DID. */
  readonly issuer: string;
  readonly credentialTypes: readonly string[];
  readonly createdAt: Date;
}

/** What a judge of outside credentials found. */
export interface OutsideFinding {
  readonly state: ImportState;
  /** null when it is accepted. */
  readonly cause: string | null;
}

/**
 * Judges a credential of an outside issuer, its signature, validity and status. Asks nobody about an
 * issuer that is not among those trusted; never throws for what an issuer does.
 */
export type JudgeOutside = (question: {
  readonly organization: {
    readonly id: OrganizationId;
    readonly baseUrl: string;
  };
  readonly trusted: readonly TrustedIssuer[];
  readonly jwt: string;
}) => Promise<OutsideFinding>;

/** An import is asked about again after this long, and not believed after three times as long. */
export const recheckAfterMs = 5 * 60_000;
const believedForMs = 3 * recheckAfterMs;

/** What holds of an import at a moment: one that ended is rejected, one long unasked is unknown. */
export function importFindingAt(imported: ImportedCredential, at: Date): OutsideFinding {
  const { state, cause, validUntil } = imported;
  if (state === 'rejected') return { state, cause };
  if (validUntil <= at) return { state: 'rejected', cause: 'expired' };
  return at > believedUntil(imported)
    ? { state: 'undetermined', cause: 'status-stale' }
    : { state, cause };
}

/** How long the last check of an import is believed. */
export function believedUntil({ checkedAt }: Pick<ImportedCredential, 'checkedAt'>): Date {
  return new Date(checkedAt.getTime() + believedForMs);
}
