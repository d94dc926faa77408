import type { InputFault } from '../kernel/sealwright-error.ts';
import { subjectMembers } from '../protocol/own-facet.ts';
import { pointerTo } from '../protocol/parsed.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../protocol/strict-json.ts';
import { checkPattern } from './custom-pattern.ts';

/** The one dialect that is understood. */
export const schemaDialect = 'https://json-schema.org/draft/2020-12/schema';

const mostBytes = 16_384;
const mostDepth = 12;
/** Characters of the schema with every reference written out: what one value may be held against. */
const mostExpanded = 65_536;
/** Each element is compared with each other, so few places may ask for that. */
const uniqueItemsWeight = 8_192;
/** Attempts of all patterns together, in their worst case. */
const mostAttempts = 2 ** 21;
const mostFaults = 20;

const memberPattern = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;
const referencePattern = /^#\/\$defs\/([A-Za-z_][A-Za-z0-9_-]{0,63})$/;

/** What stands under a keyword: a value, one schema, a list of schemas, or schemas by name. */
type Content = 'value' | 'schema' | 'schemas' | 'named';

/** Every keyword that is taken. What is not here could look elsewhere, or cost more than it shows. */
const contents: ReadonlyMap<string, Content> = new Map([
  ...valuesOf('$ref $comment title description examples default deprecated readOnly writeOnly'),
  ...valuesOf('type enum const format pattern minLength maxLength required dependentRequired'),
  ...valuesOf('minimum maximum exclusiveMinimum exclusiveMaximum multipleOf'),
  ...valuesOf('minItems maxItems uniqueItems minContains maxContains'),
  ...['additionalProperties', 'items', 'contains', 'not', 'if', 'then', 'else'].map(
    (name) => [name, 'schema'] as const,
  ),
  ...['prefixItems', 'allOf', 'anyOf', 'oneOf'].map((name) => [name, 'schemas'] as const),
  ['properties', 'named'],
]);

function valuesOf(names: string): readonly (readonly [string, Content])[] {
  return names.split(' ').map((name) => [name, 'value']);
}

/** What a schema costs whoever validates by it, but for what it refers to. */
interface Cost {
  characters: number;
  attempts: number;
  readonly references: { readonly name: string; readonly pointer: string }[];
}

interface Walk {
  readonly faults: InputFault[];
  readonly definitions: ReadonlySet<string>;
  cost: Cost;
}

/**
 * What makes a schema unusable for claims, by JSON Pointer into it; empty when nothing does. Says
 * nothing of the values of keywords, which the dialect's own schema judges. A schema that passes
 * refers to nothing but its own `$defs`, without a circle, and costs little for any claims.
 */
export function findSchemaFaults(schema: JsonObject): readonly InputFault[] {
  if (Buffer.byteLength(JSON.stringify(schema)) > mostBytes) {
    return [{ pointer: '', detail: `must have at most ${mostBytes} octets` }];
  }
  const { $schema = schemaDialect, $defs = {}, ...root } = schema;
  if (!isJsonObject($defs)) return [{ pointer: '/$defs', detail: 'must be an object' }];
  const faults = rootFaults($schema, root);
  const definitions: ReadonlySet<string> = new Set(Object.keys($defs));
  const costOf = (part: JsonValue, pointer: string): Cost => {
    const walk = { faults, definitions, cost: emptyCost(part) };
    walkSchema(walk, part, { pointer, depth: 1 });
    return walk.cost;
  };
  const rootCost = costOf(root, '');
  const costs = new Map(
    Object.entries($defs).map(([name, part]) => {
      const pointer = `/$defs${pointerTo(name)}`;
      if (!memberPattern.test(name)) faults.push({ pointer, detail: nameDetail });
      return [name, costOf(part, pointer)] as const;
    }),
  );
  if (faults.length === 0) faults.push(...expansionFaults(rootCost, costs));
  return faults.slice(0, mostFaults);
}

const nameDetail = 'use a letter or "_", then at most 63 of a-z, A-Z, 0-9, "_" and "-"';

function emptyCost(part: JsonValue): Cost {
  return { characters: JSON.stringify(part).length, attempts: 0, references: [] };
}

function rootFaults(dialect: JsonValue, root: JsonObject): InputFault[] {
  const faults: InputFault[] = [];
  if (dialect !== schemaDialect) {
    faults.push({ pointer: '/$schema', detail: `must be ${schemaDialect}` });
  }
  if (root['type'] !== 'object') {
    faults.push({ pointer: '/type', detail: 'must be "object": claims are one' });
  }
  const { properties } = root;
  for (const name of subjectMembers) {
    if (properties === undefined || !isJsonObject(properties)) break;
    if (!Object.hasOwn(properties, name)) continue;
    faults.push({ pointer: `/properties/${name}`, detail: 'is said by the registry itself' });
  }
  return faults;
}

interface Place {
  readonly pointer: string;
  readonly depth: number;
}

function walkSchema(walk: Walk, schema: JsonValue, { pointer, depth }: Place): void {
  if (typeof schema === 'boolean') return;
  if (depth > mostDepth || !isJsonObject(schema)) {
    complain(walk, pointer, `must be a schema, no deeper than ${mostDepth} schemas`);
    return;
  }
  for (const [keyword, value] of Object.entries(schema)) {
    const place = { pointer: `${pointer}${pointerTo(keyword)}`, depth: depth + 1 };
    const content = contents.get(keyword);
    if (content === undefined) complain(walk, place.pointer, 'is not a keyword that is taken');
    else if (content === 'schema') walkSchema(walk, value, place);
    else if (content === 'value') weigh(walk, { keyword, value, pointer: place.pointer });
    else walkSchemas(walk, value, { ...place, content });
  }
}

function walkSchemas(
  walk: Walk,
  value: JsonValue,
  { pointer, depth, content }: Place & { readonly content: Content },
): void {
  const isList = content === 'schemas';
  if (typeof value !== 'object' || value === null || Array.isArray(value) !== isList) {
    complain(walk, pointer, isList ? 'must be a list of schemas' : 'must be an object');
    return;
  }
  for (const [name, part] of Object.entries(value)) {
    const place = `${pointer}${pointerTo(name)}`;
    if (!isList && !memberPattern.test(name)) complain(walk, place, nameDetail);
    walkSchema(walk, part, { pointer: place, depth });
  }
}

function weigh(
  walk: Walk,
  { keyword, value, pointer }: { keyword: string; value: JsonValue; pointer: string },
): void {
  const { cost } = walk;
  if (keyword === 'uniqueItems' && value === true) cost.characters += uniqueItemsWeight;
  if (keyword === '$ref') {
    const name = typeof value === 'string' ? referencePattern.exec(value)?.[1] : undefined;
    if (name !== undefined && walk.definitions.has(name)) cost.references.push({ name, pointer });
    else complain(walk, pointer, 'must name a schema of its own $defs, as in #/$defs/level');
  }
  if (keyword === 'pattern') {
    const judged = checkPattern(value);
    if (judged.ok) cost.attempts += judged.attempts;
    else complain(walk, pointer, judged.detail);
  }
}

function complain({ faults }: Walk, pointer: string, detail: string): void {
  if (faults.length < mostFaults) faults.push({ pointer, detail });
}

interface Expansion {
  readonly characters: number;
  readonly attempts: number;
}

/** Definitions that refer to each other may grow without end, or twofold with every step. */
function expansionFaults(root: Cost, costs: ReadonlyMap<string, Cost>): readonly InputFault[] {
  const known = new Map<string, Expansion>();
  const open = new Set<string>();
  const circles: InputFault[] = [];
  const expand = (cost: Cost): Expansion => {
    let { characters, attempts } = cost;
    for (const { name, pointer } of cost.references) {
      const part = expandNamed(name, pointer);
      characters += part.characters;
      attempts += part.attempts;
    }
    return { characters, attempts };
  };
  const expandNamed = (name: string, pointer: string): Expansion => {
    const before = known.get(name);
    const cost = costs.get(name);
    if (before !== undefined) return before;
    if (open.has(name)) circles.push({ pointer, detail: 'leads back to itself' });
    if (open.has(name) || cost === undefined) return { characters: 0, attempts: 0 };
    open.add(name);
    const expansion = expand(cost);
    open.delete(name);
    known.set(name, expansion);
    return expansion;
  };
  const { characters, attempts } = expand(root);
  for (const name of costs.keys()) expandNamed(name, `/$defs/${name}`);
  if (circles.length > 0) return circles;
  if (characters > mostExpanded) return [{ pointer: '', detail: tooLarge }];
  return attempts > mostAttempts ? [{ pointer: '', detail: tooManyAttempts }] : [];
}

const tooLarge = `has more than ${mostExpanded} characters with its references written out; "uniqueItems" counts as ${uniqueItemsWeight}`;
const tooManyAttempts = 'its patterns could take too long together: bound their repetitions';

/**
 * The schema of whole credentials of a type, for everyone: VC JSON Schema §2 holds a credential
 * against it, of which the registered schema describes the claims alone.
 */
export function buildCustomSchema(type: {
  readonly url: string;
  readonly credentialType: string;
  readonly description: string | null;
  /** Without fault by `findSchemaFaults`. */
  readonly schema: JsonObject;
}): JsonObject {
  const { $schema: _dialect, $defs, properties, ...claims } = type.schema;
  const said = Object.fromEntries(subjectMembers.map((name) => [name, { type: 'string' }]));
  return {
    $schema: schemaDialect,
    $id: type.url,
    title: type.credentialType,
    ...(type.description === null ? {} : { description: type.description }),
    type: 'object',
    properties: {
      type: { type: 'array', contains: { const: type.credentialType } },
      credentialSubject: {
        ...claims,
        properties: { ...said, ...(isJsonObject(properties) ? properties : {}) },
      },
    },
    required: ['type', 'credentialSubject'],
    ...($defs === undefined ? {} : { $defs }),
  };
}
