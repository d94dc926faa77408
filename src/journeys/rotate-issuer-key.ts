import { SealwrightError } from '../kernel/sealwright-error.ts';
import { mostListedKeys, safeToActivateAt } from '../keys/issuer-key.ts';
import type { SigningKey } from '../keys/signing-key.ts';
import {
  changeIssuerKeys,
  type IssuerKeysDeps,
  issuerKeyCalled,
  issuerKeyEvent,
  type KeysTurn,
  signListsAnew,
  succeed,
} from './issuer-keys.ts';
import type { Caller } from './registry.ts';

/** One key of the caller's organization, by its id, its `kid` or its thumbprint. */
export interface IssuerKeyRef extends Caller {
  readonly key: string;
}

/**
 * Makes the key that is to sign next and publishes it at once; it signs nothing yet. Throws
 * `key-wrong-state` while another one is prepared, or when the documents list too many.
 */
export function prepareIssuerKey(deps: IssuerKeysDeps, caller: Caller): Promise<SigningKey> {
  return changeIssuerKeys(deps, caller.organizationId, (turn) => prepare(deps, turn, caller));
}

/** Prepares a key that becomes the active one by itself, as soon as every reader knows it. */
export function rotateIssuerKey(deps: IssuerKeysDeps, caller: Caller): Promise<SigningKey> {
  return changeIssuerKeys(deps, caller.organizationId, async (turn) => {
    const key = await prepare(deps, turn, caller);
    const activatesAt = safeToActivateAt(key);
    await turn.stores.keys.change(key.id, { state: key.state, stateSince: turn.at, activatesAt });
    return { ...key, activatesAt };
  });
}

/**
 * Has a prepared key sign from now on, lists included, and retires the former one. Throws
 * `key-wrong-state` before every reader knows the key. Repeating it changes nothing.
 */
export async function activateIssuerKey(
  deps: IssuerKeysDeps,
  input: IssuerKeyRef,
): Promise<SigningKey> {
  const { organizationId } = input;
  const id = await changeIssuerKeys(deps, organizationId, async (turn) => {
    const key = issuerKeyCalled(turn.keys, input.key);
    if (key.state === 'active') return key.id;
    checkActivation(key, turn.at);
    await succeed(turn, key, input.actor);
    return key.id;
  });
  await signListsAnew(deps, organizationId);
  return findIssuerKey(deps, { ...input, key: id });
}

/**
 * Gives up a prepared key that is not to be used: no document lists it any more. Throws
 * `key-wrong-state` for the active key, which is retired by activating another; one that is retired
 * stays so.
 */
export function retireIssuerKey(deps: IssuerKeysDeps, input: IssuerKeyRef): Promise<SigningKey> {
  return changeIssuerKeys(deps, input.organizationId, async (turn) => {
    const key = issuerKeyCalled(turn.keys, input.key);
    if (key.state === 'retired') return key;
    if (key.state === 'active') {
      throw wrongState('The key is the active one: it is retired when another is activated.');
    }
    const change = { state: 'destroyed', stateSince: turn.at, activatesAt: null } as const;
    await turn.stores.keys.change(key.id, change);
    const { actor } = input;
    await turn.stores.audit.append([
      issuerKeyEvent(key, { actor, action: 'issuer-key.destroyed' }),
    ]);
    return { ...key, ...change, sealed: null };
  });
}

/** The keys of the caller's issuer that are not destroyed, oldest first. */
export async function listIssuerKeys(
  deps: Pick<IssuerKeysDeps, 'issuers' | 'keys'>,
  caller: Caller,
): Promise<readonly SigningKey[]> {
  const { organization } = await deps.issuers.find(caller.organizationId);
  return deps.keys.listByDids([organization.did]);
}

/** One of them; throws `key-not-found`. */
export async function findIssuerKey(
  deps: Pick<IssuerKeysDeps, 'issuers' | 'keys'>,
  input: IssuerKeyRef,
): Promise<SigningKey> {
  return issuerKeyCalled(await listIssuerKeys(deps, input), input.key);
}

async function prepare(deps: IssuerKeysDeps, turn: KeysTurn, caller: Caller): Promise<SigningKey> {
  const { stores, organization, keys, at } = turn;
  if (keys.some(({ state }) => state === 'published')) {
    throw wrongState('A key is prepared already: activate or retire that one first.');
  }
  if (keys.length >= mostListedKeys) {
    throw wrongState(
      `The documents list ${keys.length} keys already: wait until one of them is past its end.`,
    );
  }
  const { id: organizationId, did } = organization;
  const purpose = 'credential';
  const state = 'published';
  const key = await deps.identities.createKey(stores, { organizationId, did, purpose, state, at });
  const { actor } = caller;
  await stores.audit.append([issuerKeyEvent(key, { actor, action: 'issuer-key.prepared' })]);
  return key;
}

function checkActivation(key: SigningKey, at: Date): void {
  if (key.state !== 'published' || key.revokedAt !== null) {
    throw wrongState(`The key is ${key.state}: only a prepared key is activated.`);
  }
  const safeAt = safeToActivateAt(key);
  if (at >= safeAt) return;
  throw wrongState(
    `Some readers may not know the key before ${safeAt.toISOString()}: what it signs would be refused.`,
  );
}

function wrongState(detail: string): SealwrightError {
  return new SealwrightError('key-wrong-state', detail);
}
