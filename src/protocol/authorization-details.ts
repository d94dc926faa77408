import type { AllowedAction } from './allowed-actions-claims.ts';
import { canonicalizeJson } from './canonical-json.ts';
import type { ScopedAction } from './scope.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './strict-json.ts';

/** One authorization detail (RFC 9396 §2). */
export type AuthorizationDetail = JsonObject & { readonly type: string };

/** A request parted by what papers permit. */
export interface PartedDetails {
  /** Nothing wider than what was asked for, and nothing wider than what is permitted. */
  readonly granted: readonly AuthorizationDetail[];
  /** What of the request nobody permits, in the request's own words. */
  readonly withheld: readonly AuthorizationDetail[];
}

// RFC 9396 §2.2: the common members that are sets; every other member is compared as a whole.
const setMembers = ['actions', 'locations', 'datatypes', 'privileges'] as const;
type SetMember = (typeof setMembers)[number];

/** More combinations than any real request has; a request beyond it is withheld as a whole. */
const maxCells = 1_024;

/** One combination out of the sets of a detail: the smallest thing that can be permitted. */
interface Cell {
  readonly sets: { readonly [Member in SetMember]?: string };
  /** The members that are no sets, `type` included. */
  readonly rest: AuthorizationDetail;
}

/** A permitted combination, and the action under which it was permitted. */
interface Permission extends Cell {
  readonly action: string;
}

/**
 * Parts requested authorization details by the actions that papers allow. A request is permitted as
 * far as it lies within one detail of one action: sets (`actions`, `locations`, `datatypes`,
 * `privileges`) by their entries, every other member by equality. What the request leaves open is
 * narrowed to what the papers say; what the papers leave out is not permitted. What is denied wins:
 * an action on a resource that a detail names in `locations`, `datatypes` or `identifier`.
 */
export function partDetails(
  requested: readonly AuthorizationDetail[],
  papers: { readonly actions: readonly AllowedAction[]; readonly denied: readonly ScopedAction[] },
): PartedDetails {
  const permissions = papers.actions
    .filter((allowed) => !isDenied(papers.denied, [allowed.action], [allowed.resource]))
    .flatMap(permissionsOf)
    .filter((permission) => !isDeniedPermission(papers.denied, permission));
  const parts = requested.map((detail) => partDetail(detail, permissions));
  return {
    granted: parts.flatMap(({ granted }) => granted),
    withheld: parts.flatMap(({ withheld }) => withheld),
  };
}

function permissionsOf(allowed: AllowedAction): readonly Permission[] {
  const details = (allowed.authorizationDetails ?? []).filter(isAuthorizationDetail);
  return details.flatMap((detail) =>
    (cellsOf(detail) ?? []).map((cell) => ({ ...cell, action: allowed.action })),
  );
}

function partDetail(
  detail: AuthorizationDetail,
  permissions: readonly Permission[],
): PartedDetails {
  const cells = isAuthorizationDetail(detail) ? cellsOf(detail) : undefined;
  if (cells === undefined) return { granted: [], withheld: [detail] };
  const granted: Cell[] = [];
  const withheld: Cell[] = [];
  for (const cell of cells) {
    const within = permissions.filter((permission) => lies(cell, permission));
    granted.push(...within.map(({ sets, rest }) => ({ sets, rest })));
    if (within.length === 0) withheld.push(cell);
  }
  return { granted: fold(granted), withheld: fold(withheld) };
}

/** Whether a value has the form of an authorization detail: an object with a `type`. */
export function isAuthorizationDetail(value: unknown): value is AuthorizationDetail {
  const object = value as JsonValue | undefined;
  return isJsonObject(object) && typeof object['type'] === 'string' && object['type'] !== '';
}

/** Every combination of the sets of a detail; undefined when a set is none, or they are too many. */
function cellsOf(detail: AuthorizationDetail): readonly Cell[] | undefined {
  const rest: { [member: string]: JsonValue } & { type: string } = { type: detail.type };
  let cells: readonly Cell[] = [{ sets: {}, rest }];
  for (const [name, value] of Object.entries(detail)) {
    const member = setMembers.find((known) => known === name);
    if (member === undefined) {
      rest[name] = value;
      continue;
    }
    const entries = textsOf(value);
    if (entries === undefined || cells.length * entries.length > maxCells) return undefined;
    cells = cells.flatMap((cell) =>
      entries.map((entry) => ({ ...cell, sets: { ...cell.sets, [member]: entry } })),
    );
  }
  return cells;
}

// RFC 9396 §2.2: an array of strings. An empty one would be a set that nothing is in.
function textsOf(value: JsonValue): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const texts = value.filter((entry: JsonValue) => typeof entry === 'string');
  return texts.length === value.length ? [...new Set(texts)] : undefined;
}

/** Whether a permission is as narrow as what is asked for in everything that is asked for. */
function lies(asked: Cell, permission: Permission): boolean {
  const { sets, rest } = permission;
  return (
    setMembers.every((name) => asked.sets[name] === undefined || asked.sets[name] === sets[name]) &&
    Object.entries(asked.rest).every(([name, value]) => isSame(rest[name], value))
  );
}

function isSame(left: JsonValue | undefined, right: JsonValue): boolean {
  return left !== undefined && canonicalizeJson(left) === canonicalizeJson(right);
}

function isDeniedPermission(
  denied: readonly ScopedAction[],
  { sets, rest, action }: Permission,
): boolean {
  const { identifier } = rest;
  const resources = [sets.locations, sets.datatypes, identifier].filter(
    (resource) => typeof resource === 'string',
  );
  return isDenied(denied, [action, sets.actions ?? action], resources);
}

function isDenied(
  denied: readonly ScopedAction[],
  actions: readonly string[],
  resources: readonly string[],
): boolean {
  return denied.some(
    ({ action, resource }) => actions.includes(action) && resources.includes(resource),
  );
}

/** The fewest details that a greedy union of cells finds; together they say what the cells say. */
function fold(cells: readonly Cell[]): readonly AuthorizationDetail[] {
  let details: readonly AuthorizationDetail[] = cells.map(({ sets, rest }) => ({
    ...rest,
    ...Object.fromEntries(Object.entries(sets).map(([name, entry]) => [name, [entry]])),
  }));
  for (const member of setMembers) {
    details = foldAlong(member, details);
  }
  return details;
}

/** Joins details that differ in one set only. */
function foldAlong(
  member: SetMember,
  details: readonly AuthorizationDetail[],
): readonly AuthorizationDetail[] {
  const groups = new Map<string, { detail: AuthorizationDetail; entries: Set<JsonValue> }>();
  for (const detail of details) {
    const { [member]: entries, ...others } = detail;
    const key = canonicalizeJson(others);
    const group = groups.get(key) ?? { detail, entries: new Set<JsonValue>() };
    for (const entry of Array.isArray(entries) ? entries : []) group.entries.add(entry);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ detail, entries }) =>
    entries.size === 0 ? detail : { ...detail, [member]: [...entries] },
  );
}
