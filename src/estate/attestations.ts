import { parseDateTimeStamp } from '../protocol/date-time.ts';
import { isJsonObject, type JsonObject } from '../protocol/strict-json.ts';
import type { RuleRequirement } from './rule.ts';

type Wanted = NonNullable<RuleRequirement['attestation']>;

/**
 * Whether claims, our own or an outsider's, hold a conformant attestation of what is wanted that is
 * in its own time. Only `conformant` counts, as in a passport.
 */
export function hasAttestation(
  { attestations }: JsonObject,
  { framework, standard }: Wanted,
  at: Date,
): boolean {
  if (!Array.isArray(attestations)) return false;
  return attestations.some(
    (attestation) =>
      isJsonObject(attestation) &&
      attestation['outcome'] === 'conformant' &&
      (framework === undefined || attestation['framework'] === framework) &&
      (standard === undefined || attestation['edition'] === standard) &&
      isInTime(attestation, at),
  );
}

/** A time that cannot be read is nobody's promise. */
function isInTime({ validFrom, validUntil }: JsonObject, at: Date): boolean {
  const from = parseDateTimeStamp(validFrom);
  const until = parseDateTimeStamp(validUntil);
  return (
    (validFrom === undefined || (from.ok && from.value <= at)) &&
    (validUntil === undefined || (until.ok && until.value > at))
  );
}
