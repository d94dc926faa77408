import type { Finding } from '../finding.ts';
import { evidenceOf, fail, pass, skip } from '../finding.ts';
import type { Inquiry } from '../inquiry.ts';

/**
 * The claims have the shape of their type: ours by our own parser, an organization's own by the
 * validator that the operator passed. A client metadata document carries a passport and nothing
 * else, and nothing else is a software statement: only a passport binds a document.
 */
export function checkCredentialSchema(inquiry: Inquiry): Finding {
  const { types, subject } = inquiry.signed.value;
  const { statement } = inquiry.presented;
  if (!statement.ok) {
    return fail('schema-invalid', evidenceOf(statement.faults), 'Mend the claims and issue anew.');
  }
  const { kind } = statement.value;
  if (kind !== 'passport' && inquiry.question.input.kind !== 'jwt') {
    return fail('schema-invalid', { types }, 'Present the passport; a facet is not one.');
  }
  inquiry.statement.set(statement.value);
  if (kind !== 'foreign') {
    return pass();
  }
  const validator = types.map((type) => inquiry.court.validators.get(type)).find(Boolean);
  if (validator === undefined) {
    return skip('no validator was given for this type of credential');
  }
  const faults = validator(subject);
  return faults.length === 0
    ? pass()
    : fail('schema-invalid', evidenceOf(faults), 'Mend the claims and issue anew.');
}
