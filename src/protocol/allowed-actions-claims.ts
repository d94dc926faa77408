import {
  flag,
  integer,
  listOf,
  objectOf,
  openObject,
  parseShape,
  type Shape,
  text,
} from './claim-shape.ts';
import { maxDelegationDepth } from './limits.ts';
import { type ScopedAction, scopeTokenPattern } from './scope.ts';
import { isJsonObject, type JsonObject } from './strict-json.ts';

/** One permitted action. */
export interface AllowedAction extends ScopedAction {
  /** Conditions in the organization's own words; judged by the resource, not by us. */
  readonly constraints?: JsonObject;
  /** Objects of RFC 9396 §2, each with a `type`. */
  readonly authorizationDetails?: readonly JsonObject[];
}

/** Whether the agent may pass on what it may do, and over how many hops. */
export interface Delegation {
  readonly permitted: boolean;
  /** 0 when delegation is not permitted. */
  readonly maxDepth: number;
}

/** The claims of an AgentAllowedActionsCredential. */
export interface AllowedActionsClaims {
  readonly actions: readonly AllowedAction[];
  /** Wins over `actions`, in this and in every other credential of the agent. */
  readonly denied?: readonly ScopedAction[];
  readonly delegation?: Delegation;
}

// RFC 6749 §3.3: action and resource join into one scope token.
const scopePart = text(200, scopeTokenPattern);

// RFC 9396 §2: an authorization detail is an object with a `type`.
const authorizationDetail: Shape<JsonObject> = (value) => {
  const faults = openObject(value);
  const type = isJsonObject(value) ? value['type'] : undefined;
  if (faults.length > 0 || (typeof type === 'string' && type !== '')) return faults;
  const detail = 'must have a "type" that is a string';
  return [{ pointer: '', rule: 'subject-missing-member', detail }];
};

const allowedAction = objectOf<AllowedAction>(
  { action: scopePart, resource: scopePart },
  {
    constraints: openObject,
    authorizationDetails: listOf(authorizationDetail, { min: 1, max: 16 }),
  },
);
const deniedAction = objectOf<ScopedAction>({ action: scopePart, resource: scopePart }, {});

const delegationMembers = objectOf<Delegation>(
  { permitted: flag, maxDepth: integer(0, maxDelegationDepth) },
  {},
);

/** The shape of `Delegation`: what is not permitted has no depth. */
export const delegation: Shape<Delegation> = (value) => {
  const parsed = parseShape(delegationMembers, value);
  if (!parsed.ok) return parsed.faults;
  if (parsed.value.permitted || parsed.value.maxDepth === 0) return [];
  const detail = 'must be 0 when delegation is not permitted';
  return [{ pointer: '/maxDepth', rule: 'subject-range', detail }];
};

/** The shape of `AllowedActionsClaims`. */
export const allowedActionsClaims: Shape<AllowedActionsClaims> = objectOf<AllowedActionsClaims>(
  { actions: listOf(allowedAction, { min: 1, max: 256 }) },
  { denied: listOf(deniedAction, { min: 1, max: 256 }), delegation },
);
