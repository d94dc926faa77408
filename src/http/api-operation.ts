import { isJsonObject, type JsonObject, type JsonValue } from '../protocol/strict-json.ts';
import { headersOf } from './api-parts.ts';
import { type ProblemCode, problems } from './problems.ts';
import type { OpenRoute, Route } from './route.ts';

type AnyRoute = Route | OpenRoute;

/** What the variable part below a collection is; an id where nothing is said. */
const partNames: Readonly<Record<string, string>> = {
  agents: 'handle',
  keys: 'kid',
  templates: 'name',
  schemas: 'name',
  departed: 'owner',
  deliveries: 'message',
  'trusted-issuers': 'did',
};

/** Collections that are explained together; any other stands for itself. */
const tags: Readonly<Record<string, string>> = {
  revocations: 'credentials',
  suspensions: 'credentials',
  imports: 'credentials',
  'trusted-issuers': 'credentials',
  export: 'apply',
  enrol: 'enrolments',
  owners: 'estate',
  orphans: 'estate',
  rules: 'estate',
  findings: 'estate',
  access: 'estate',
};

const statusTexts: Readonly<Record<string, string>> = {
  '200': 'Done.',
  '201': 'Made.',
  '202': 'Taken, and waiting for somebody.',
  '204': 'Done; there is nothing to show.',
};

/** The id of a call: its method and path, such as `postAgentsByHandleSuspend`. */
export function operationIdOf({ method, path }: Pick<AnyRoute, 'method' | 'path'>): string {
  const words = namedPath(path)
    .split('/')
    .flatMap((segment) => segment.replace(/^\{(.+)\}$/, 'by-$1').split('-'));
  const rest = words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join('');
  return method.toLowerCase() + rest;
}

/** One call as a path of the document, a method in lower case, and its operation object. */
export function describeCall(
  route: AnyRoute,
  forms: JsonObject,
): { readonly path: string; readonly method: string; readonly operation: JsonObject } {
  const path = namedPath(route.path);
  const id = operationIdOf(route);
  const input = formOf(forms, `${id} input`);
  const first = route.path.split('/')[1] ?? '';
  const operation: JsonObject = {
    operationId: id,
    summary: route.description.summary,
    tags: [tags[first] ?? first],
    parameters: parametersOf(route, input),
    ...(takesBody(route) && {
      requestBody: { required: true, content: { 'application/json': { schema: input } } },
    }),
    responses: { ...successesOf(route, forms), ...refusalsOf(route) },
    ...securityOf(route),
  };
  return { path, method: route.method.toLowerCase(), operation };
}

function namedPath(path: string): string {
  return path.replace(/([^/]+)\/:(?:target|part)/g, (_, collection: string) => {
    return `${collection}/{${partNames[collection] ?? 'id'}}`;
  });
}

function takesBody({ method }: AnyRoute): boolean {
  return method === 'POST' || method === 'PATCH' || method === 'PUT';
}

function isOpen(route: AnyRoute): route is OpenRoute {
  return !('scope' in route);
}

function mindsIfMatch({ method, path, description }: AnyRoute): boolean {
  return description.tagged && method !== 'GET' && path.includes(':target');
}

function parametersOf(route: AnyRoute, input: JsonObject): JsonValue[] {
  const names = [...namedPath(route.path).matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const inPath = names.map((name) => {
    return { name, in: 'path', required: true, schema: { type: 'string' } };
  });
  const shared = (name: string) => ({ $ref: `#/components/parameters/${name}` });
  return [
    ...inPath,
    ...(takesBody(route) ? [] : queryOf(input)),
    ...(isOpen(route) || route.method === 'GET' ? [] : [shared('IdempotencyKey')]),
    ...(mindsIfMatch(route) ? [shared('IfMatch')] : []),
  ];
}

function queryOf(input: JsonObject): JsonValue[] {
  const { required = [] } = input;
  const names = Array.isArray(required) ? required : [];
  return Object.entries(propertiesOf(input)).map(([name, schema]) => {
    return { name, in: 'query', required: names.includes(name), schema };
  });
}

/** A body is JSON, and an answer without one has no content. */
function successesOf(route: AnyRoute, forms: JsonObject): JsonObject {
  const listed = 'cursor' in propertiesOf(formOf(forms, `${operationIdOf(route)} input`));
  const answers = Object.entries(route.description.answers).map(([status, form]) => {
    const schema = form === null ? undefined : formOf(forms, `${operationIdOf(route)} ${status}`);
    const description = statusTexts[status] ?? '';
    const { mediaType } = route.description;
    const content = schema && { content: { [mediaType]: { schema } } };
    return [
      status,
      { description, headers: successHeaders(route, { status, listed }), ...content },
    ];
  });
  return Object.fromEntries(answers);
}

function successHeaders(
  route: AnyRoute,
  { status, listed }: { readonly status: string; readonly listed: boolean },
): JsonObject {
  const { tagged } = route.description;
  const counted = !isOpen(route);
  return headersOf({
    'X-Request-Id': true,
    RateLimit: counted,
    'RateLimit-Policy': counted,
    'Idempotency-Replayed': counted && route.method !== 'GET',
    Location: counted && status === '201',
    'Retry-After': status === '202',
    ETag: tagged,
    Link: listed,
  });
}

/** What any call of this form may be refused with, and what this one may. */
function codesOf(route: AnyRoute): ReadonlySet<ProblemCode> {
  const changes = route.method !== 'GET';
  return new Set<ProblemCode>([
    'invalid-input',
    ...(isOpen(route) ? [] : (['unauthenticated', 'not-permitted'] as const)),
    ...(takesBody(route)
      ? (['body-malformed', 'body-too-large', 'media-type-unsupported'] as const)
      : []),
    ...(changes ? (['conflict-retry'] as const) : []),
    ...(changes && !isOpen(route)
      ? (['idempotency-key-in-use', 'idempotency-key-reused'] as const)
      : []),
    ...(mindsIfMatch(route) ? (['precondition-failed'] as const) : []),
    ...route.description.refuses,
    ...([
      'too-many-requests',
      'storage-unavailable',
      'audit-unavailable',
      'internal-error',
    ] as const),
  ]);
}

function refusalsOf(route: AnyRoute): JsonObject {
  const codes = [...codesOf(route)];
  const statuses = [...new Set(codes.map((code) => problems[code].status))].toSorted();
  return Object.fromEntries(
    statuses.map((status) => {
      return [status, refusal(codes.filter((code) => problems[code].status === status))];
    }),
  );
}

function refusal(codes: readonly ProblemCode[]): JsonObject {
  const mayWait = codes.some((code) => {
    return code === 'too-many-requests' || problems[code].retryAfterS !== undefined;
  });
  const schema = {
    type: 'object',
    allOf: [{ $ref: '#/components/schemas/Problem' }],
    properties: { code: { enum: [...codes] } },
  };
  return {
    description: codes.map((code) => `${problems[code].title} (${code})`).join('; '),
    headers: headersOf({ 'X-Request-Id': true, 'Retry-After': mayWait }),
    content: { 'application/problem+json': { schema } },
  };
}

/** OpenAPI 3.1: a scheme that is not OAuth's lists the roles that a call needs. */
function securityOf(route: AnyRoute): JsonObject {
  if (isOpen(route)) return { security: [] };
  const { scope, servesNarrowTokens, forPlatform } = route;
  return {
    security: [{ bearer: scope === null ? [] : [scope] }],
    'x-required-scope': scope,
    'x-narrow-tokens': servesNarrowTokens,
    ...(forPlatform && { 'x-platform-tokens': true }),
  };
}

function propertiesOf({ properties = {} }: JsonObject): JsonObject {
  return isJsonObject(properties) ? properties : {};
}

function formOf(forms: JsonObject, name: string): JsonObject {
  const form = forms[name];
  if (form === undefined || !isJsonObject(form)) throw new TypeError(`No form of ${name}.`);
  return form;
}
