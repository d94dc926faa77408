import type { Agent } from '../agents/agent.ts';
import type { AgentReader } from '../agents/agent-store.ts';
import type { ManifestAgent } from '../manifest/manifest.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import {
  type AppliedAgent,
  type ApplyManifestDeps,
  type ApplyManifestInput,
  applyManifest,
  planInputOf,
} from './apply-manifest.ts';
import { checkReason } from './check-reason.ts';
import { exportManifest } from './export-manifest.ts';
import { type AgentPlan, planManifest } from './plan-manifest.ts';

/** Many agents at once, as a manifest describes them. */
export interface ApplyCases {
  /** What applying would do. Changes nothing. */
  planManifest(input: Omit<ApplyManifestInput, 'scopes'>): Promise<readonly AgentPlan[]>;
  /** Brings the agents to what is described. */
  applyManifest(input: ApplyManifestInput): Promise<readonly AppliedAgent[]>;
  /** Agents of one organization as a manifest would have them. */
  exportManifest(agents: readonly Agent[]): Promise<readonly ManifestAgent[]>;
}

/** Binds the use cases. Two orders for one organization never run at the same time in one process. */
export function bindApplyCases(
  deps: ApplyManifestDeps & { readonly agents: AgentReader },
): ApplyCases {
  const runInTurn = createTurns<OrganizationId>();
  return {
    planManifest: async (input) => {
      checkPruning(input);
      return planManifest(deps, planInputOf(input));
    },
    applyManifest: async (input) => {
      checkPruning(input);
      return runInTurn(input.organizationId, () => applyManifest(deps, input));
    },
    exportManifest: (agents) => exportManifest(deps, agents),
  };
}

function checkPruning({ pruneReason }: Pick<ApplyManifestInput, 'pruneReason'>): void {
  if (pruneReason !== null) checkReason(pruneReason);
}

/** Work for one key waits for the work before it, however that ended. */
function createTurns<Key>() {
  const last = new Map<Key, Promise<unknown>>();
  return async <Result>(key: Key, work: () => Promise<Result>): Promise<Result> => {
    const before = last.get(key) ?? Promise.resolve();
    const turn = before.then(work, work);
    last.set(key, turn);
    try {
      return await turn;
    } finally {
      if (last.get(key) === turn) last.delete(key);
    }
  };
}
