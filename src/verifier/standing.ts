import type { Approval } from './approvals.ts';

/** Who is asked about: the client, and everything that may have been decided for it. */
export interface Applicant {
  readonly clientId: string;
  readonly host: string;
  readonly issuer: string;
  /** Digest of the document that it presents. */
  readonly digest: string;
}

/** How an applicant stands, and by which entry; null when there is none. */
export interface Standing {
  readonly state: 'allowed' | 'blocked' | 'pending' | 'changed';
  readonly entry: Approval | null;
}

/** The names under which there may be an entry, the most specific first. */
export function namesOf({ clientId, host, issuer }: Applicant): readonly string[] {
  return [clientId, host, issuer];
}

/**
 * What the entries come to. One that blocks wins over everything; otherwise the most specific one
 * that allows decides, and for a client it allows the document that was approved and no other.
 */
export function standingOf(applicant: Applicant, entries: readonly Approval[]): Standing {
  const ordered = namesOf(applicant)
    .map((name) => entries.find((entry) => entry.name === name))
    .filter((entry) => entry !== undefined);
  const blocking = ordered.find(({ decision }) => decision?.state === 'blocked');
  if (blocking !== undefined) return { state: 'blocked', entry: blocking };
  const own = ordered.find(({ name }) => name === applicant.clientId) ?? null;
  const allowing = ordered.find(({ decision }) => decision?.state === 'allowed');
  if (allowing === undefined) return { state: 'pending', entry: own };
  const same = allowing !== own || own.approved?.digest === applicant.digest;
  return { state: same ? 'allowed' : 'changed', entry: allowing };
}
