import { type ApiPageView, renderApiPage, type ShownCall } from '../console/api-page.tsx';
import { isJsonObject, type JsonObject, type JsonValue } from '../protocol/strict-json.ts';

/** The page for people, made of the document for programs. */
export function buildApiPage(document: JsonObject): string {
  return renderApiPage(viewOf(document));
}

function viewOf(document: JsonObject): ApiPageView {
  const components = objectAt(document, 'components');
  const calls = Object.entries(objectAt(document, 'paths')).flatMap(([path, item]) =>
    Object.entries(asObject(item)).map(([method, operation]) => {
      const object = asObject(operation);
      const call = callOf({ path, method, operation: object, components });
      return { group: String(listAt(object, 'tags')[0]), call };
    }),
  );
  const names = [...new Set(calls.map(({ group }) => group))];
  return {
    groups: names.map((name) => ({
      name,
      calls: calls.filter(({ group }) => group === name).map(({ call }) => call),
    })),
    schemas: Object.entries(objectAt(components, 'schemas')).map(([title, schema]) => {
      return { title, text: pretty(schema) };
    }),
  };
}

function callOf(place: {
  readonly path: string;
  readonly method: string;
  readonly operation: JsonObject;
  readonly components: JsonObject;
}): ShownCall {
  const { operation } = place;
  const responses = Object.entries(objectAt(operation, 'responses'));
  const isSuccess = ([status]: readonly [string, JsonValue]): boolean => status.startsWith('2');
  return {
    id: String(operation['operationId']),
    method: place.method.toUpperCase(),
    path: place.path,
    summary: String(operation['summary']),
    needs: needsOf(operation),
    parameters: listAt(operation, 'parameters').map((given) => {
      return parameterOf(resolved(asObject(given), place.components));
    }),
    forms: [
      ...formsOf('Body', objectAt(operation, 'requestBody')),
      ...responses
        .filter(isSuccess)
        .flatMap(([status, response]) => formsOf(`Answer ${status}`, asObject(response))),
    ],
    refusals: responses
      .filter((entry) => !isSuccess(entry))
      .map(([status, response]) => {
        return { status, text: String(asObject(response)['description']) };
      }),
  };
}

function needsOf(operation: JsonObject): string {
  if (listAt(operation, 'security').length === 0) return 'Takes no token.';
  const scope = operation['x-required-scope'];
  const narrow =
    operation['x-narrow-tokens'] === true ? ', for a part of the organization too' : '';
  const kind = operation['x-platform-tokens'] === true ? 'platform token' : 'token';
  return typeof scope === 'string'
    ? `Takes a ${kind} with the scope ${scope}${narrow}.`
    : `Takes any token${narrow}.`;
}

function parameterOf(parameter: JsonObject) {
  const schema = objectAt(parameter, 'schema');
  const { description = schema['description'] ?? '' } = parameter;
  const allowed = listAt(schema, 'enum').join(', ');
  const must = parameter['required'] === true ? 'required' : 'optional';
  const about = [`${String(parameter['in'])}, ${must}`, allowed, String(description)];
  return { name: String(parameter['name']), text: about.filter((part) => part !== '').join('; ') };
}

/** A parameter that stands for one of the shared ones. */
function resolved(given: JsonObject, components: JsonObject): JsonObject {
  const { $ref } = given;
  if (typeof $ref !== 'string') return given;
  return objectAt(objectAt(components, 'parameters'), $ref.split('/').at(-1) ?? '');
}

function formsOf(title: string, message: JsonObject) {
  return Object.entries(objectAt(message, 'content')).map(([type, content]) => {
    return { title: `${title}: ${type}`, text: pretty(asObject(content)['schema'] ?? {}) };
  });
}

function pretty(value: JsonValue): string {
  return JSON.stringify(value, null, 2);
}

function objectAt(object: JsonObject, name: string): JsonObject {
  return asObject(object[name] ?? {});
}

function listAt(object: JsonObject, name: string): readonly JsonValue[] {
  const value = object[name];
  return Array.isArray(value) ? value : [];
}

function asObject(value: JsonValue): JsonObject {
  return isJsonObject(value) ? value : {};
}
