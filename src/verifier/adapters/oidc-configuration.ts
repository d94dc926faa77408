import type { ExtraMetadata, MakeShelf, Section, Shelf, WrappedMembers } from './oidc-shapes.ts';

/** A configuration with these members replaced, at any depth, and all others as they were. */
export function replaceIn(base: Section, replacements: Section): Section {
  const entries = Object.entries(replacements).map(([name, value]): [string, unknown] => {
    const present = base[name];
    return [name, isSection(present) && isSection(value) ? replaceIn(present, value) : value];
  });
  return { ...base, ...Object.fromEntries(entries) };
}

/**
 * A configuration with these members added, at any depth.
 *
 * @throws TypeError that names the path where the configuration says otherwise.
 */
export function mergeInto(base: Section, additions: Section, path = ''): Section {
  const entries = Object.entries(additions).map(([name, value]): [string, unknown] => [
    name,
    mergeMember(base[name], value, `${path}${name}`),
  ]);
  return { ...base, ...Object.fromEntries(entries) };
}

function mergeMember(present: unknown, value: unknown, path: string): unknown {
  if (present === undefined || present === value) return value;
  if (isSection(present) && isSection(value)) return mergeInto(present, value, `${path}.`);
  throw new TypeError(`${path} is set by withAgentClients and must be absent or the same`);
}

function isSection(value: unknown): value is Section {
  return typeof value === 'object' && value !== null && value.constructor === Object;
}

/** `extraClientMetadata` with further members that a client keeps. */
export function keeping(given: ExtraMetadata | undefined, members: readonly string[]): Section {
  return {
    ...given,
    properties: [...new Set([...(given?.properties ?? []), ...members])],
    validator: given?.validator ?? (() => undefined),
  };
}

/** `extraParams`, whichever of its three forms it has, with a further parameter and its check. */
export function withParam(
  given: WrappedMembers['extraParams'],
  name: string,
  check: unknown,
): Section {
  const names = given !== undefined && Symbol.iterator in given ? [...given] : undefined;
  const checks = names ? Object.fromEntries(names.map((param) => [param, null])) : { ...given };
  return mergeInto({ extraParams: checks }, { extraParams: { [name]: check } });
}

/** What `adapter` gives for one kind, which it does as a class or as a function. */
export function shelfOf(adapter: MakeShelf, name: string): Shelf {
  return isClass(adapter) ? new adapter(name) : adapter(name);
}

// The server tells them apart in the same way: what has a prototype is constructed.
function isClass(adapter: MakeShelf): adapter is new (name: string) => Shelf {
  return typeof adapter.prototype === 'object';
}
