import { accepted, type Parsed, refused } from '../protocol/parsed.ts';
import {
  type Approval,
  type ApprovalDecision,
  type ApprovalStore,
  kindOfName,
  type SeenDocument,
  stateOf,
} from './approvals.ts';

/** Clients that may wait for a decision at a time: strangers cannot fill a store. */
export const maxPending = 500;
const maxHistory = 20;

/** What an operator decides. */
export interface DecisionOrder {
  readonly name: string;
  readonly state: ApprovalDecision['state'];
  readonly by: string;
  readonly reason: string;
  /** ISO 8601. */
  readonly at: string;
  /** Of the document that is allowed; needed for clients, and only there. */
  readonly digest?: string | undefined;
}

/**
 * Remembers the document of a client that waits for a decision; once, for as long as it is the same.
 * false when there is no room.
 */
export async function recordSeen(
  store: ApprovalStore,
  name: string,
  document: SeenDocument,
): Promise<boolean> {
  const kept = await store.update(name, (present, { pending }) => {
    if (present?.seen?.digest === document.digest) return undefined;
    const waits = present !== undefined && stateOf(present) !== 'forgotten';
    if (!waits && pending >= maxPending) return undefined;
    return { ...(present ?? blank(name)), seen: document };
  });
  return kept?.seen?.digest === document.digest;
}

/**
 * Keeps a decision. A client is allowed with the digest of a document that it presented while its
 * papers were in order, so that nobody allows what was not there to be looked at. Rules:
 * `approval-name`, `approval-digest`, `approval-unseen`, `approval-unknown`.
 */
export async function recordDecision(
  store: ApprovalStore,
  order: DecisionOrder,
): Promise<Parsed<Approval>> {
  const kind = kindOfName(order.name);
  if (kind === undefined) {
    return refused('', 'approval-name', 'is no client_id, no host and no did:web of an issuer');
  }
  if ((kind === 'client' && order.state === 'allowed') !== (order.digest !== undefined)) {
    return refused(
      '/digest',
      'approval-digest',
      'is given when a client is allowed, and only then',
    );
  }
  let change: Parsed<Approval> = refused('', 'approval-unknown', 'there is no such entry');
  const kept = await store.update(order.name, (present) => {
    change = changeBy(order, present);
    return change.ok ? change.value : undefined;
  });
  return change.ok && kept !== undefined ? accepted(kept) : change;
}

function changeBy(order: DecisionOrder, present: Approval | undefined): Parsed<Approval> {
  if (order.state === 'forgotten' && present === undefined) {
    return refused('', 'approval-unknown', 'there is no such entry');
  }
  const entry = present ?? blank(order.name);
  const document = [entry.seen, entry.approved].find((one) => one?.digest === order.digest) ?? null;
  if (order.digest !== undefined && document === null) {
    return refused('/digest', 'approval-unseen', 'is of no document that the client presented');
  }
  const { state, by, reason, at, digest = null } = order;
  const { decision, history } = entry;
  const gone = state === 'forgotten';
  return accepted({
    name: order.name,
    decision: { state, by, reason, at, digest },
    approved: gone ? null : (document ?? entry.approved),
    seen: gone ? null : entry.seen,
    history: (decision === null ? history : [decision, ...history]).slice(0, maxHistory),
  });
}

function blank(name: string): Approval {
  return { name, decision: null, approved: null, seen: null, history: [] };
}
