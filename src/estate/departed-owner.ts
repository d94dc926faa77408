import type { Agent } from '../agents/agent.ts';

/** A mailbox whose person left the organization; in lower case. */
export interface DepartedOwner {
  readonly owner: string;
  readonly reason: string;
  readonly departedAt: Date;
}

/** The form in which mailboxes are compared: two spellings of one are the same person. */
export function mailboxKey(owner: string): string {
  return owner.toLowerCase();
}

/** The owners of an agent, by whether they are still there. */
export function partOwners(
  { owners }: Pick<Agent, 'owners'>,
  departed: ReadonlySet<string>,
): { readonly present: readonly string[]; readonly gone: readonly string[] } {
  return {
    present: owners.filter((owner) => !departed.has(mailboxKey(owner))),
    gone: owners.filter((owner) => departed.has(mailboxKey(owner))),
  };
}
