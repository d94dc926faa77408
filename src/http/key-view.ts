import type { AgentKeys, ChangedKeys, RotationOutlook } from '../journeys/key-cases.ts';

/** The keys of an agent as the API shows them: public halves alone. */
export function viewKeys({ agent, keys, rotation }: AgentKeys) {
  return {
    agent: agent.handle,
    agentState: agent.state,
    keyCustody: agent.keyCustody,
    keys: keys.map(({ thumbprint, algorithm, state, stateSince, createdAt, publicJwk }) => ({
      kid: thumbprint,
      algorithm,
      state,
      since: stateSince.toISOString(),
      createdAt: createdAt.toISOString(),
      jwk: publicJwk,
    })),
    rotation: rotation && viewRotation(rotation),
  };
}

/** Keys after a change, with the private key where it is handed out: this once. */
export function viewChangedKeys({ privateJwk, ...keys }: ChangedKeys) {
  return { ...viewKeys(keys), ...(privateJwk === null ? {} : { privateJwk }) };
}

function viewRotation(rotation: RotationOutlook) {
  const next = rotation.steps.find(({ done }) => !done);
  return {
    former: rotation.former,
    next: rotation.next,
    startedAt: rotation.startedAt.toISOString(),
    overlapSeconds: rotation.overlapS,
    usableFrom: rotation.usableFrom?.toISOString() ?? null,
    safeToRetireAt: rotation.safeToRetireAt?.toISOString() ?? null,
    nextStep: next?.step ?? null,
    nextStepAt: next?.at?.toISOString() ?? null,
    steps: rotation.steps.map(({ step, done, at }) => ({
      step,
      done,
      at: at?.toISOString() ?? null,
    })),
  };
}
