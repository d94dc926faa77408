import type { JsonValue } from '../../protocol/strict-json.ts';
import { isJsonObject } from '../../protocol/strict-json.ts';
import type { Finding } from '../finding.ts';
import { fail, pass, skip } from '../finding.ts';
import type { Inquiry } from '../inquiry.ts';
import type { RequiredClaim } from '../ports.ts';

/** Every claim that the policy requires is in the passport, with a value that the policy takes. */
export function checkPolicyClaims(inquiry: Inquiry): Finding {
  const { requiredClaims } = inquiry.court.trust;
  if (requiredClaims.length === 0) {
    return skip('the policy requires no claim');
  }
  if (inquiry.statement.value.kind !== 'passport') {
    return skip('only a passport is held to this');
  }
  const { subject } = inquiry.signed.value;
  const missing = requiredClaims
    .filter((required) => !isMet(required, valueAt(subject, required.claim)))
    .map(({ claim }) => claim);
  return missing.length === 0
    ? pass({ claims: requiredClaims.map(({ claim }) => claim) })
    : fail('policy-not-met', { missing }, 'Have a passport issued whose claims the policy takes.');
}

function isMet(required: RequiredClaim, value: JsonValue | undefined): boolean {
  return 'oneOf' in required
    ? required.oneOf.some((taken) => taken === value)
    : typeof value === 'number' && value >= required.atLeast;
}

/** The value at a JSON Pointer (RFC 6901 §4) that leads through objects; undefined when none is. */
function valueAt(root: JsonValue, pointer: string): JsonValue | undefined {
  const names = pointer.split('/').slice(1);
  return names.reduce<JsonValue | undefined>(memberOf, root);
}

function memberOf(value: JsonValue | undefined, token: string): JsonValue | undefined {
  const name = token.replaceAll('~1', '/').replaceAll('~0', '~');
  return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}
