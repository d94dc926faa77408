import type { Clock } from '../kernel/clock.ts';
import type { SigningKey } from '../keys/signing-key.ts';
import type { OrganizationReader } from '../organizations/organization-store.ts';
import { clearUp, isRevoked } from './compromise-issuer-key.ts';
import {
  changeIssuerKeys,
  type IssuerKeysDeps,
  issuerKeyEvent,
  signListsAnew,
} from './issuer-keys.ts';
import { activateIssuerKey, listIssuerKeys } from './rotate-issuer-key.ts';

const actor = { kind: 'system', id: 'keep-issuer-keys' } as const;
/** How long one round goes on issuing papers anew after a key was compromised. */
const patienceMs = 10_000;

/** The organizations whose keys are kept, beside what changes them. */
export interface KeepIssuerKeysDeps extends IssuerKeysDeps {
  readonly organizations: OrganizationReader;
}

/** What one round did. */
export interface KeptIssuerKeys {
  readonly keysChanged: number;
  readonly agentsReissued: number;
  readonly failures: readonly unknown[];
}

/**
 * What is owed to the keys of every issuer: activate what was ordered to be, sign the lists by the
 * active key, take back and issue anew what a revoked key signed, and destroy keys past their end.
 * Whatever another process changed is known from then on.
 */
export async function keepIssuerKeys(
  deps: KeepIssuerKeysDeps,
  stopping?: AbortSignal,
): Promise<KeptIssuerKeys> {
  let keysChanged = 0;
  let agentsReissued = 0;
  const failures: unknown[] = [];
  const lists = await deps.status.listLists();
  for (const { id } of await deps.organizations.list()) {
    if (stopping?.aborted === true) break;
    try {
      deps.issuers.forget(id);
      const caller = { organizationId: id, actor };
      const keys = await listIssuerKeys(deps, caller);
      for (const key of keys.filter((one) => isToActivate(one, deps.clock))) {
        await activateIssuerKey(deps, { ...caller, key: key.id });
        keysChanged += 1;
      }
      await signListsAnew(deps, id, lists);
      for (const key of keys.filter(isRevoked)) {
        const reason = 'the key that signed it is compromised';
        const cleared = await clearUp(deps, { key, actor, reason, patienceMs, stopping });
        agentsReissued += cleared.agentsReissued;
        failures.push(...cleared.failures);
      }
      keysChanged += await destroyEnded(deps, keys);
    } catch (error) {
      failures.push(error);
    }
  }
  return { keysChanged, agentsReissued, failures };
}

function isToActivate({ state, activatesAt }: SigningKey, clock: Clock): boolean {
  return state === 'published' && activatesAt !== null && activatesAt <= clock.now();
}

/** What ended is unlisted too: nothing that it signed is in force. */
async function destroyEnded(deps: IssuerKeysDeps, keys: readonly SigningKey[]): Promise<number> {
  const [first] = keys;
  if (first === undefined || !keys.some((key) => hasEnded(key, deps.clock.now()))) return 0;
  return changeIssuerKeys(deps, first.organizationId, async ({ stores, keys: present, at }) => {
    const ended = present.filter((key) => hasEnded(key, at));
    for (const key of ended) {
      await stores.keys.change(key.id, { state: 'destroyed', stateSince: at });
    }
    const event = { actor, action: 'issuer-key.destroyed' } as const;
    await stores.audit.append(ended.map((key) => issuerKeyEvent(key, event)));
    return ended.length;
  });
}

function hasEnded({ state, listedUntil }: SigningKey, at: Date): boolean {
  return state === 'retired' && listedUntil !== null && listedUntil <= at;
}
