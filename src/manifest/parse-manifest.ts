import { canonicalizeJson } from '../protocol/canonical-json.ts';
import {
  dateTime,
  listOf,
  objectOf,
  oneOf,
  openObject,
  parseShape,
  type Shape,
  text,
} from '../protocol/claim-shape.ts';
import {
  accepted,
  type Fault,
  type Parsed,
  pointerTo,
  refusedAll,
  refusedBelow,
} from '../protocol/parsed.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../protocol/strict-json.ts';
import {
  type Manifest,
  type ManifestAgent,
  type ManifestCredential,
  type ManifestDefaults,
  manifestCustodies,
} from './manifest.ts';

const mostCredentials = 8;
/** Far above what the registry takes; how long each text may be is its business. */
const mostCharacters = 2_000;
const mostEntries = 100;

const plainText = text(mostCharacters);
/** YAML reads 3.2 as a number, which 3.20 would be too. */
const words: Shape<string> = (value) =>
  typeof value === 'number' ? [fault('', 'must be text: put it in quotes')] : plainText(value);
const wordList = listOf(words, { min: 0, max: mostEntries });

/** Null takes a member away. */
function orNull<Value>(shape: Shape<Value>): Shape<Value | null> {
  return (value) => (value === null ? [] : shape(value));
}

const shared = {
  kind: oneOf(['agent', 'mcp-server', 'mcp-client'] as const),
  description: orNull(words),
  owners: wordList,
  team: orNull(words),
  tags: wordList,
  version: orNull(words),
  redirectUris: wordList,
  grantTypes: listOf(
    oneOf(['authorization_code', 'client_credentials', 'refresh_token'] as const),
    {
      min: 0,
      max: mostEntries,
    },
  ),
  logoUri: orNull(words),
  profiles: listOf(oneOf(['strict'] as const), { min: 0, max: mostEntries }),
  expiresAt: dateTime,
  keyCustody: oneOf(manifestCustodies),
};

const defaultsShape = objectOf<ManifestDefaults>({}, shared);

const credentialShape = objectOf<ManifestCredential>(
  { type: words, claims: openObject, reason: words },
  { visibility: oneOf(['public', 'on-request'] as const), validFor: words, validUntil: dateTime },
);

/** An agent as it is written: the defaults may say what is missing. */
const entryShape = objectOf<Partial<ManifestAgent>>(
  {},
  {
    ...shared,
    handle: words,
    name: words,
    jwk: openObject,
    jwkFile: words,
    credentials: listOf(credentialShape, { min: 0, max: mostCredentials }),
  },
);

const mandatory = ['handle', 'kind', 'name', 'owners'] as const;

/**
 * Parses `{defaults?, agents}` and merges the defaults into the agents. Refuses, each at its place:
 * unknown members, members of another form, a handle that is there twice, a credential that an agent
 * has twice, an agent without key and custody or with both, and more than `maxAgents` agents.
 */
export function parseManifest(
  json: JsonValue,
  limits: { readonly maxAgents: number },
): Parsed<Manifest> {
  if (!isJsonObject(json)) return refusedAll([fault('', 'must be an object')]);
  const { defaults = {}, agents = null, ...unknown } = json;
  const faults = [
    ...Object.keys(unknown).map((name) => fault(pointerTo(name), 'is not a known member')),
    ...faultsAt('/defaults', defaultsShape, defaults),
    ...faultsAt('/agents', listOf(openObject, { min: 0, max: limits.maxAgents }), agents),
  ];
  if (faults.length > 0 || !isJsonObject(defaults) || !Array.isArray(agents)) {
    return refusedAll(faults);
  }
  const entries = agents.filter((entry: JsonValue) => isJsonObject(entry));
  const merged = entries.map((entry, at) => parseEntry(entry, { defaults, at }));
  const refusals = [...merged.flatMap((one) => (one.ok ? [] : one.faults)), ...repeats(entries)];
  if (refusals.length > 0) return refusedAll(refusals);
  return accepted({ agents: merged.flatMap((one) => (one.ok ? [one.value] : [])) });
}

function parseEntry(
  entry: JsonObject,
  { defaults, at }: { readonly defaults: JsonObject; readonly at: number },
): Parsed<ManifestAgent> {
  const place = `/agents${pointerTo(at)}`;
  const form = parseShape(entryShape, entry);
  if (!form.ok) return refusedBelow(place, form);
  const { keyCustody, ...others } = defaults;
  const bringsKey = entry['jwk'] !== undefined || entry['jwkFile'] !== undefined;
  const own = bringsKey || keyCustody === undefined ? {} : { keyCustody };
  const agent = { ...others, ...own, ...entry };
  const faults = [...missing(agent), ...keyFaults(agent), ...credentialFaults(agent)];
  // Every member was checked, in the entry or in the defaults, and none is missing.
  return faults.length > 0
    ? refusedBelow(place, refusedAll(faults))
    : accepted(agent as unknown as ManifestAgent);
}

function missing(agent: JsonObject): readonly Fault[] {
  return mandatory
    .filter((name) => agent[name] === undefined)
    .map((name) => fault('', `must have the member "${name}"`));
}

function keyFaults({ jwk, jwkFile, keyCustody }: JsonObject): readonly Fault[] {
  const keys = [jwk, jwkFile].filter((key) => key !== undefined).length;
  if (keys === 0 && keyCustody === undefined) {
    return [fault('', 'must have one of "jwk", "jwkFile" and "keyCustody"')];
  }
  if (keys === 2) return [fault('/jwkFile', 'cannot stand beside "jwk"')];
  if (keys === 1 && keyCustody !== undefined && keyCustody !== 'issued') {
    return [fault('/keyCustody', 'cannot stand beside a key that the agent brings')];
  }
  return [];
}

function credentialFaults({ credentials = [] }: JsonObject): readonly Fault[] {
  const entries = Array.isArray(credentials) ? credentials.filter(isObject) : [];
  const texts = entries.map(({ type, claims = null }) => canonicalizeJson([type ?? null, claims]));
  return entries.flatMap(({ validFor, validUntil }, at) => [
    ...(texts.indexOf(texts[at] ?? '') < at
      ? [fault(`/credentials/${at}`, 'is there twice for this agent')]
      : []),
    ...(validFor !== undefined && validUntil !== undefined
      ? [fault(`/credentials/${at}/validFor`, 'cannot stand beside "validUntil"')]
      : []),
  ]);
}

/** The second place, and every further one, of a handle. */
function repeats(entries: readonly JsonObject[]): readonly Fault[] {
  const first = new Map<JsonValue, number>();
  return entries.flatMap(({ handle }, at) => {
    if (typeof handle !== 'string') return [];
    const before = first.get(handle);
    if (before === undefined) first.set(handle, at);
    return before === undefined
      ? []
      : [fault(`/agents/${at}/handle`, `is the handle of /agents/${before} too`)];
  });
}

function isObject(value: JsonValue): value is JsonObject {
  return isJsonObject(value);
}

function faultsAt(place: string, shape: Shape<unknown>, value: JsonValue): readonly Fault[] {
  const parsed = parseShape(shape, value, place);
  return parsed.ok ? [] : parsed.faults;
}

function fault(pointer: string, detail: string): Fault {
  return { pointer, rule: 'manifest', detail };
}
