import { type Approval, type ApprovalStore, countPending } from './approvals.ts';
import { freezeDeeply } from './intake/presentation.ts';

/** An `ApprovalStore` of one process, which forgets everything with it. */
export function createMemoryApprovals(): ApprovalStore {
  const entries = new Map<string, Approval>();
  return {
    find: (names) => pick(entries, names),
    all: () => [...entries.values()],
    update(name, change) {
      const next = change(entries.get(name), { pending: countPending(entries.values()) });
      if (next !== undefined) entries.set(name, freezeDeeply(structuredClone(next)));
      return entries.get(name);
    },
  };
}

/** The entries by these names, where there are any. */
export function pick(
  entries: ReadonlyMap<string, Approval>,
  names: readonly string[],
): readonly Approval[] {
  return names.map((name) => entries.get(name)).filter((entry) => entry !== undefined);
}
