import type { Actor } from '../audit/audit-event.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import { changesBetween } from '../audit/describe-change.ts';
import { isMailbox } from '../kernel/mailbox.ts';
import { isPlainLine } from '../kernel/plain-line.ts';
import { type InputFault, SealwrightError } from '../kernel/sealwright-error.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { Organization, OrganizationId } from './organization.ts';
import type { OrganizationStore } from './organization-store.ts';

const longestName = 120;

/** What updating an organization needs. */
export interface UpdateOrganizationDeps {
  readonly work: UnitOfWork<{ organizations: OrganizationStore; audit: AuditTrail }>;
}

/** What changes; a member that is left out stays as it is. */
export interface UpdateOrganizationInput {
  readonly organizationId: OrganizationId;
  readonly actor: Actor;
  readonly name?: string | undefined;
  /** The mailbox in the client documents of all agents. */
  readonly contact?: string | undefined;
}

/**
 * Changes how an organization is called and written to. The documents of its agents say so from
 * their next publication on. Throws `invalid-input`.
 */
export async function updateOrganization(
  deps: UpdateOrganizationDeps,
  input: UpdateOrganizationInput,
): Promise<Organization> {
  const { name, contact } = input;
  checkDescription(input);
  return deps.work.run(async (stores) => {
    const former = await stores.organizations.find(input.organizationId);
    const described = await stores.organizations.describe(input.organizationId, { name, contact });
    if (former === null || described === null) {
      throw new SealwrightError('organization-not-found', 'There is no such organization.');
    }
    await stores.audit.append([
      {
        organizationId: described.id,
        actor: input.actor,
        action: 'organization.updated',
        subject: described.id,
        reason: null,
        details: {
          name: described.name,
          contact: described.contact,
          changes: changesBetween(former, described, ['name', 'contact']),
        },
      },
    ]);
    return described;
  });
}

/** Throws `invalid-input` for a name or a contact that an organization cannot have. */
export function checkDescription(
  description: Pick<UpdateOrganizationInput, 'name' | 'contact'>,
): void {
  const faults = [...nameFaults(description.name), ...contactFaults(description.contact)];
  if (faults.length === 0) return;
  throw new SealwrightError('invalid-input', 'The organization is not well described.', { faults });
}

function nameFaults(name: string | undefined): readonly InputFault[] {
  if (name === undefined) return [];
  const fits = name.trim() !== '' && name.length <= longestName && isPlainLine(name);
  return fits
    ? []
    : [{ pointer: '/name', detail: `must be a line of at most ${longestName} characters` }];
}

function contactFaults(contact: string | undefined): readonly InputFault[] {
  if (contact === undefined || isMailbox(contact)) return [];
  return [{ pointer: '/contact', detail: 'must be an e-mail address' }];
}
