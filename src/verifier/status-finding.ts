import type { Finding } from './finding.ts';
import { fail, pass, skip } from './finding.ts';
import type { Inquiry } from './inquiry.ts';
import type { Reason } from './verdict.ts';

/** Judges every status entry of one purpose. */
export function findingOfPurpose(
  inquiry: Inquiry,
  rule: { readonly purpose: string; readonly reason: Reason; readonly fix: string },
): Finding {
  const facts = inquiry.status.value.filter(({ purpose }) => purpose === rule.purpose);
  const set = facts.find((fact) => fact.set);
  if (set !== undefined) {
    return fail(rule.reason, { list: set.list, index: set.index }, rule.fix);
  }
  const [fact] = facts;
  return fact === undefined
    ? skip('the credential has no status of this purpose')
    : pass({ list: fact.list, index: fact.index });
}
