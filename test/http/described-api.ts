import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

type Json = { readonly [member: string]: unknown };

/** What an answer looks like to whoever checks it. */
export interface CheckedAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

const stamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** The document as a judge of requests and answers. It keeps account of what it has judged. */
export class DescribedApi {
  readonly document: Json;
  /** Successes that were judged: `GET /agents 200`. */
  readonly seen = new Set<string>();
  readonly #ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false });

  constructor(document: Json) {
    this.document = document;
    this.#ajv.addFormat('date-time', stamp);
  }

  /** Every success that the document promises, by its call and status. */
  promised(): string[] {
    return this.operations().flatMap(({ name, operation }) =>
      Object.keys(at(operation, 'responses'))
        .filter((status) => status.startsWith('2'))
        .map((status) => `${name} ${status}`),
    );
  }

  operations(): { readonly name: string; readonly path: string; readonly operation: Json }[] {
    return Object.entries(at(this.document, 'paths')).flatMap(([path, item]) =>
      Object.entries(item as Json).map(([method, operation]) => ({
        name: `${method.toUpperCase()} ${path}`,
        path,
        operation: operation as Json,
      })),
    );
  }

  /** What is wrong with a body for this call, by the document. */
  faultsOfInput(name: string, body: unknown): string[] {
    const content = at(at(this.#operation(name), 'requestBody'), 'content');
    const [media] = Object.values(content) as Json[];
    return this.#faults(media?.['schema'] as Json, body);
  }

  /** What is wrong with an answer; a member that is not described is a fault too. */
  faultsOfAnswer(name: string, { status, headers, body }: CheckedAnswer): string[] {
    const response = at(at(this.#operation(name), 'responses'), String(status));
    if (Object.keys(response).length === 0) return [`${name} has no answer ${status}`];
    if (status < 300) this.seen.add(`${name} ${status}`);
    const faults: string[] = [];
    const [type, media] = Object.entries(at(response, 'content'))[0] ?? [];
    if (media === undefined) return body === undefined ? [] : ['has a body'];
    if (headers.get('content-type') !== type) faults.push(`is not ${type}`);
    const schema = (media as Json)['schema'] as Json;
    return [...faults, ...this.#faults(status < 300 ? closed(schema) : schema, body)];
  }

  /** Headers that an answer should have and has not. */
  missingHeaders(name: string, { status, headers }: CheckedAnswer): string[] {
    const response = at(at(this.#operation(name), 'responses'), String(status));
    return Object.keys(at(response, 'headers')).filter(
      (header) => !optionalHeaders.has(header) && headers.get(header) === null,
    );
  }

  /** Compiles every schema of the document, which refuses keywords that are none. */
  compileAll(): number {
    const schemas = [
      ...Object.values(at(at(this.document, 'components'), 'schemas')),
      ...this.operations().flatMap(({ operation }) => [
        ...Object.values(at(at(operation, 'requestBody'), 'content')),
        ...((operation['parameters'] ?? []) as Json[]).filter(({ $ref }) => $ref === undefined),
        ...Object.values(at(operation, 'responses')).flatMap((response) =>
          Object.values(at(response as Json, 'content')),
        ),
      ]),
    ];
    for (const schema of schemas as Json[]) this.#compile((schema['schema'] ?? schema) as Json);
    return schemas.length;
  }

  #operation(name: string): Json {
    const found = this.operations().find((operation) => operation.name === name);
    if (found === undefined) throw new Error(`${name} is not in the document`);
    return found.operation;
  }

  #faults(schema: Json, value: unknown): string[] {
    const validate = this.#compile(schema);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) =>
        `${instancePath} ${message ?? ''} ${JSON.stringify(params)}`,
    );
  }

  #compile(schema: Json): ValidateFunction {
    const schemas = at(at(this.document, 'components'), 'schemas');
    const isClosed = schema['x-closed'] === true;
    const { 'x-closed': _, ...rest } = schema;
    const whole = { ...rest, $defs: isClosed ? closeWithin(schemas) : schemas };
    const text = JSON.stringify(whole).replaceAll('"#/components/schemas/', '"#/$defs/');
    return this.#ajv.compile(JSON.parse(text) as Json);
  }
}

/** There on some answers: a page that is not the last one, a request sent again, too many. */
const optionalHeaders: ReadonlySet<string> = new Set([
  'Link',
  'Idempotency-Replayed',
  'Retry-After',
]);

function closed(schema: Json): Json {
  return { ...(closeWithin(schema) as Json), 'x-closed': true };
}

/** The same schema, where objects have the members that are described and no others. */
function closeWithin(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closeWithin);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(
    Object.entries(schema).map(([name, value]) => [name, closeWithin(value)]),
  );
  const isObject = inner['type'] === 'object' && inner['properties'] !== undefined;
  return isObject && !('additionalProperties' in inner)
    ? { ...inner, additionalProperties: false }
    : inner;
}

function at(object: Json, name: string): Json {
  return (object[name] ?? {}) as Json;
}
