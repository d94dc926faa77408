import { DeniedCalls } from '../../src/audit/denied-calls.ts';
import type { JudgeOutside } from '../../src/estate/imported-credential.ts';
import { Sightings } from '../../src/estate/sighting.ts';
import type { PostToEndpoint } from '../../src/events/endpoint.ts';
import { Pulse } from '../../src/events/pulse.ts';
import type { SubscriptionId } from '../../src/events/subscription.ts';
import type { AuditCasesDeps } from '../../src/journeys/audit-cases.ts';
import type { TokenJudge } from '../../src/workloads/token-judge.ts';

const nobody = { ok: false, failure: 'failed', detail: 'nobody is there' } as const;

/** The outside of a registry that no workload calls and about whose agents nobody says anything. */
export function quietOutside(): {
  readonly judge: TokenJudge;
  readonly judgeOutside: JudgeOutside;
  readonly seen: Sightings;
  readonly post: PostToEndpoint;
  readonly pulse: Pulse;
  readonly waitingPolls: Set<SubscriptionId>;
  readonly denied: DeniedCalls;
  readonly checkpoints: AuditCasesDeps['checkpoints'];
} {
  return {
    judge: { judge: async () => ({ outcome: 'undetermined', why: 'there is no issuer' }) },
    judgeOutside: async () => ({ state: 'undetermined', cause: 'issuer-unresolvable' }),
    seen: new Sightings(),
    post: Object.assign(async () => nobody, { judge: async () => null }),
    pulse: new Pulse(),
    waitingPolls: new Set(),
    denied: new DeniedCalls(),
    checkpoints: {
      trouble: null,
      cover: async () => {
        throw new Error('no checkpoint is signed here');
      },
      copies: { append: async () => undefined, last: async () => null, all: async () => [] },
    },
  };
}
