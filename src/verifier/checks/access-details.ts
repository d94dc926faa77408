import { partDetails } from '../../protocol/authorization-details.ts';
import type { Finding } from '../finding.ts';
import { pass, skip, warn } from '../finding.ts';
import type { Inquiry } from '../inquiry.ts';
import { deniedActions, permittedActions } from '../permitted-access.ts';

/**
 * Reduces the requested authorization details (RFC 9396 §2) to what the agent's allowed actions say,
 * what is denied left out, and names the rest.
 */
export function checkAccessDetails(inquiry: Inquiry): Finding {
  const { details } = inquiry.question;
  if (details.length === 0) {
    inquiry.details.set({ granted: [], withheld: [] });
    return skip('no authorization detail was requested');
  }
  const actions = permittedActions(inquiry);
  const parted = partDetails(details, { actions, denied: deniedActions(inquiry) });
  inquiry.details.set(parted);
  const evidence = { granted: parted.granted.length, withheld: parted.withheld.length };
  return parted.withheld.length === 0
    ? pass(evidence)
    : warn(evidence, "Permit the withheld details in the agent's allowed actions.");
}
