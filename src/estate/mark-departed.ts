import { SealwrightError } from '../kernel/sealwright-error.ts';
import { type DepartedOwner, mailboxKey } from './departed-owner.ts';
import type { EstateCaller, EstateDeps } from './estate-caller.ts';

const mailboxPattern = /^[^\s@<>"(),:;\\]{1,64}@[^\s@<>"(),:;\\]{1,190}$/;

/** Says that the person behind a mailbox left. Repeating it changes nothing: the first stays. */
export async function markDeparted(
  deps: EstateDeps,
  input: EstateCaller & { readonly owner: string; readonly reason: string },
): Promise<DepartedOwner> {
  const { organizationId, actor, reason } = input;
  if (!mailboxPattern.test(input.owner)) {
    throw new SealwrightError('invalid-input', 'The owner is not a mailbox.', {
      faults: [{ pointer: '/owner', detail: 'must be an e-mail address' }],
    });
  }
  const owner = mailboxKey(input.owner);
  const departed = { owner, reason, departedAt: deps.clock.now() };
  return deps.work.run(async ({ owners, findings, audit }) => {
    if (!(await owners.insertDeparted(organizationId, departed))) {
      const known = await owners.listDeparted(organizationId);
      return known.find((one) => one.owner === owner) ?? departed;
    }
    await findings.makeAllDue(organizationId);
    const event = { organizationId, actor, subject: owner, reason, details: {} };
    await audit.append([{ ...event, action: 'owner.departed' }]);
    return departed;
  });
}

/** Takes that back. */
export async function markReturned(
  deps: EstateDeps,
  input: EstateCaller & { readonly owner: string },
): Promise<void> {
  const { organizationId, actor } = input;
  const owner = mailboxKey(input.owner);
  await deps.work.run(async ({ owners, findings, audit }) => {
    if (!(await owners.deleteDeparted(organizationId, owner))) {
      throw new SealwrightError('owner-not-departed', 'The mailbox is not listed as departed.');
    }
    await findings.makeAllDue(organizationId);
    const event = { organizationId, actor, subject: owner, reason: null, details: {} };
    await audit.append([{ ...event, action: 'owner.returned' }]);
  });
}
