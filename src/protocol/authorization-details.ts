import type { AllowedAction } from './allowed-actions-claims.ts';
import { canonicalizeJson } from './canonical-json.ts';
import { maxJsonDepth } from './limits.ts';
import { type ScopedAction, scopeOf } from './scope.ts';
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
type Sets = ReadonlyMap<SetMember, ReadonlySet<string>>;

/** Far more than one request needs; a longer one is withheld as a whole. */
const maxDetails = 64;
/** Combinations of entries in a whole request; a detail that goes beyond is withheld as a whole. */
const maxCombinations = 1_024;
/** Permitted details of the types asked for; what lies beyond is not permitted. */
const maxPermissions = 1_024;
/** Values in a whole request, nested ones included; a detail that goes beyond is not read. */
const maxValues = 16_384;

/** A detail as a product: every entry of each set together with every entry of the others. */
interface Product {
  readonly sets: Sets;
  /** The members that are no sets, `type` included. */
  readonly rest: AuthorizationDetail;
  /** The canonical text of each of them, and of all: what is equal has equal texts. */
  readonly texts: ReadonlyMap<string, string>;
  readonly text: string;
}

/** Whether a value has the form of an authorization detail: an object with a `type`. */
export function isAuthorizationDetail(value: unknown): value is AuthorizationDetail {
  const object = value as JsonValue | undefined;
  return isJsonObject(object) && typeof object['type'] === 'string' && object['type'] !== '';
}

/**
 * Copies what a request has for authorization details, whatever that is. What is none has the `type`
 * "" in the copy, and what JSON cannot say, or not within bounds, has nothing else: neither is ever
 * permitted, so that it ends up withheld instead of forgotten. Never throws.
 */
export function copyAuthorizationDetails(input: unknown): readonly AuthorizationDetail[] {
  if (input === undefined) return [];
  try {
    // A getter or a proxy may throw, and need not give the same twice.
    return Array.isArray(input) && input.length <= maxValues ? copyEntries(input) : [unreadable];
  } catch {
    return [unreadable];
  }
}

const unreadable: AuthorizationDetail = Object.freeze({ type: '' });

interface Budget {
  values: number;
}

function copyEntries(entries: readonly unknown[]): readonly AuthorizationDetail[] {
  const budget = { values: maxValues };
  return Array.from(entries, (entry) => {
    const copy = copyJson(entry, maxJsonDepth, budget);
    if (isAuthorizationDetail(copy)) return copy;
    return isJsonObject(copy) ? { ...copy, type: '' } : unreadable;
  });
}

/** A value as JSON would have it; undefined when JSON cannot say it, or it is too deep or too much. */
function copyJson(value: unknown, depth: number, budget: Budget): JsonValue | undefined {
  budget.values -= 1;
  if (budget.values < 0 || depth < 0) return undefined;
  if (typeof value === 'object' && value !== null) return copyMembers(value, depth, budget);
  // JSON text has -0, but what writes it says 0: a copy is the same before and after.
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : undefined;
  const plain = value === null || typeof value === 'string' || typeof value === 'boolean';
  return plain ? value : undefined;
}

function copyMembers(value: object, depth: number, budget: Budget): JsonValue | undefined {
  // JSON leaves out a member that is undefined; in an array there is no leaving out.
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  if (Array.isArray(value) && members.length !== value.length) return undefined;
  const copies: [string, JsonValue][] = [];
  for (const [name, member] of members) {
    const copy = copyJson(member, depth - 1, budget);
    if (copy === undefined) return undefined;
    copies.push([name, copy]);
  }
  return Array.isArray(value) ? copies.map(([, copy]) => copy) : Object.fromEntries(copies);
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
  if (requested.length > maxDetails) return { granted: [], withheld: requested };
  const types = new Set(requested.map(({ type }) => type));
  const permissions = permissionsOf(papers, types);
  let combinations = 0;
  const parts = requested.map((detail) => {
    const asked = isAuthorizationDetail(detail) ? productOf(detail) : undefined;
    combinations += asked === undefined ? 0 : sizeOf(asked.sets);
    return asked === undefined || combinations > maxCombinations
      ? { granted: [], withheld: [detail] }
      : partProduct(asked, permissions);
  });
  return {
    granted: parts.flatMap(({ granted }) => granted),
    withheld: parts.flatMap(({ withheld }) => withheld),
  };
}

function partProduct(asked: Product, permissions: readonly Product[]): PartedDetails {
  const narrowed = permissions.flatMap((permission) => narrow(asked, permission) ?? []);
  const withheld = combinationsOf(asked.sets)
    .filter((one) => !narrowed.some(({ sets }) => lies(one, sets)))
    .map((one) => ({
      ...asked,
      sets: new Map(one.map(([name, text]) => [name, new Set([text])])),
    }));
  return { granted: join(narrowed), withheld: join(withheld) };
}

/** What of a request one permission permits; undefined when that is nothing. */
function narrow(asked: Product, permission: Product): Product | undefined {
  for (const [name, text] of asked.texts) {
    if (permission.texts.get(name) !== text) return undefined;
  }
  const sets = new Map(permission.sets);
  for (const [member, entries] of asked.sets) {
    const permitted = permission.sets.get(member);
    const common = [...entries].filter((entry) => permitted?.has(entry) === true);
    if (common.length === 0) return undefined;
    sets.set(member, new Set(common));
  }
  return { ...permission, sets };
}

/** Whether sets have every entry of a combination. */
function lies(combination: Combination, sets: Sets): boolean {
  return combination.every(([member, entry]) => sets.get(member)?.has(entry) === true);
}

/** A detail as a product; undefined when one of its sets is none. */
function productOf(detail: AuthorizationDetail): Product | undefined {
  const sets = new Map<SetMember, ReadonlySet<string>>();
  const others: [string, JsonValue][] = [];
  for (const [name, value] of Object.entries(detail)) {
    const member = setMembers.find((known) => known === name);
    const entries = member === undefined ? undefined : textsOf(value);
    if (member === undefined) others.push([name, value]);
    else if (entries === undefined) return undefined;
    else sets.set(member, entries);
  }
  const rest = { ...Object.fromEntries(others), type: detail.type };
  const texts = new Map(others.map(([name, value]) => [name, canonicalizeJson(value)]));
  return { sets, rest, texts, text: canonicalizeJson(rest) };
}

// RFC 9396 §2.2: an array of strings. An empty one would be a set that nothing is in.
function textsOf(value: JsonValue): ReadonlySet<string> | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const texts = value.filter((entry: JsonValue) => typeof entry === 'string');
  return texts.length === value.length ? new Set(texts) : undefined;
}

function sizeOf(sets: Sets): number {
  return [...sets.values()].reduce((size, entries) => size * entries.size, 1);
}

/** One entry of each set. */
type Combination = readonly (readonly [SetMember, string])[];

function combinationsOf(sets: Sets): readonly Combination[] {
  let combinations: readonly Combination[] = [[]];
  for (const [member, entries] of sets) {
    combinations = combinations.flatMap((one) =>
      [...entries].map((entry) => [...one, [member, entry] as const]),
    );
  }
  return combinations;
}

/** What is denied: resources by the action on them. */
type Denials = ReadonlyMap<string, ReadonlySet<string>>;

/** The details of these types that papers permit, without what they deny. */
function permissionsOf(
  papers: { readonly actions: readonly AllowedAction[]; readonly denied: readonly ScopedAction[] },
  types: ReadonlySet<string>,
): readonly Product[] {
  const deniedScopes = new Set(papers.denied.map(scopeOf));
  const denials = new Map<string, Set<string>>();
  for (const { action, resource } of papers.denied) {
    denials.set(action, (denials.get(action) ?? new Set()).add(resource));
  }
  return papers.actions
    .filter((allowed) => !deniedScopes.has(scopeOf(allowed)))
    .flatMap(({ action, authorizationDetails = [] }) =>
      authorizationDetails
        .filter(isAuthorizationDetail)
        .filter(({ type }) => types.has(type))
        .flatMap((detail) => productOf(detail) ?? [])
        .flatMap((product) => permittedParts(product, action, denials)),
    )
    .slice(0, maxPermissions);
}

/** A permitted product without what is denied for its action, or for one of its own `actions`. */
function permittedParts(product: Product, action: string, denials: Denials): readonly Product[] {
  const kept = without(product, denials.get(action));
  const actions = kept?.sets.get('actions');
  if (kept === undefined || actions === undefined) return kept === undefined ? [] : [kept];
  const names = [...actions];
  const free = names.filter((name) => !denials.has(name));
  const named = names.filter((name) => denials.has(name)).map((name) => [name]);
  return [free, ...named].flatMap((group) => {
    const part = { ...kept, sets: new Map(kept.sets).set('actions', new Set(group)) };
    const [name = ''] = group;
    return group.length === 0 ? [] : (without(part, denials.get(name)) ?? []);
  });
}

/** A product without these resources; undefined when nothing of it is left. */
function without(product: Product, denied: ReadonlySet<string> = new Set()): Product | undefined {
  const { identifier } = product.rest;
  if (typeof identifier === 'string' && denied.has(identifier)) return undefined;
  const sets = new Map(product.sets);
  for (const member of ['locations', 'datatypes'] as const) {
    const entries = sets.get(member);
    const left = [...(entries ?? [])].filter((entry) => !denied.has(entry));
    if (entries !== undefined && left.length === 0) return undefined;
    if (entries !== undefined) sets.set(member, new Set(left));
  }
  return { ...product, sets };
}

/** The fewest details that a greedy union finds; together they say what the products say. */
function join(products: readonly Product[]): readonly AuthorizationDetail[] {
  let joined = products;
  for (const member of setMembers) joined = joinAlong(member, joined);
  return joined.map(({ rest, sets }) => ({
    ...rest,
    ...Object.fromEntries([...sets].map(([member, entries]) => [member, [...entries]])),
  }));
}

/** Joins products that differ in the entries of one set only. */
function joinAlong(member: SetMember, products: readonly Product[]): readonly Product[] {
  const groups = new Map<string, { first: Product; entries: Set<string> }>();
  for (const product of products) {
    const key = keyBeside(member, product);
    const own = product.sets.get(member) ?? [];
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { first: product, entries: new Set(own) });
    else for (const entry of own) group.entries.add(entry);
  }
  return [...groups.values()].map(({ first, entries }) =>
    entries.size === (first.sets.get(member)?.size ?? 0)
      ? first
      : { ...first, sets: new Map(first.sets).set(member, entries) },
  );
}

// A detail without the set says something else than one with it, so that the two are kept apart.
function keyBeside(member: SetMember, { sets, text }: Product): string {
  const others = setMembers.filter((name) => name !== member && sets.has(name));
  const entries = others.map((name) => [name, ...[...(sets.get(name) ?? [])].sort()]);
  return `${JSON.stringify([sets.has(member), entries])}${text}`;
}
