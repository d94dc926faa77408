import { z } from 'zod';
import { tokenScopes } from '../organizations/api-token.ts';
import { isJsonObject, type JsonObject, parseStrictJsonObject } from '../protocol/strict-json.ts';
import { describeCall, operationIdOf } from './api-operation.ts';
import { parameters, responseHeaders } from './api-parts.ts';
import { problemAnswer } from './problem-answer.ts';
import type { OpenRoute, Route } from './route.ts';
import { tokenExchangeItem } from './token-exchange-description.ts';

type AnyRoute = Route | OpenRoute;

/**
 * The description of the management API: an OpenAPI 3.1 document made of the route table. It holds
 * nothing of one installation, so it is the same for everybody.
 */
export function buildApiDocument(routes: readonly AnyRoute[]): JsonObject {
  const { schemas, forms } = formsOf(routes);
  const paths: Record<string, JsonObject> = {};
  for (const route of routes) {
    const { path, method, operation } = describeCall(route, forms);
    paths[path] = { ...paths[path], [method]: operation };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sealwright management API',
      version: '1',
      summary: 'Identity papers for AI agents and MCP servers: issued, checked, revoked.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    // Relative to where this document is, so it holds behind any proxy and on any listener.
    servers: [{ url: '/api/v1' }],
    paths: { ...paths, ...tokenExchangeItem },
    components: {
      schemas,
      parameters,
      headers: responseHeaders,
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: `A token of the organization, swt_… Its scopes are among: ${tokenScopes.join(' ')}.`,
        },
      },
    },
  };
}

/** Every form of the table, read by zod at once, so that what is shared is there once. */
function formsOf(routes: readonly AnyRoute[]): { schemas: JsonObject; forms: JsonObject } {
  const all: Record<string, z.ZodType> = { problem: problemAnswer };
  for (const route of routes) {
    const id = operationIdOf(route);
    all[`${id} input`] = route.description.input;
    for (const [status, answer] of Object.entries(route.description.answers)) {
      if (answer !== null) all[`${id} ${status}`] = answer;
    }
  }
  const made = z.toJSONSchema(z.object(all), { io: 'input', unrepresentable: 'any' });
  const text = JSON.stringify(made).replaceAll('"#/$defs/', '"#/components/schemas/');
  const json = parseStrictJsonObject(text);
  if (!json.ok) throw new TypeError('The forms of the API are no JSON.');
  return { schemas: member(json.value, '$defs'), forms: member(json.value, 'properties') };
}

function member(object: JsonObject, name: string): JsonObject {
  const value = object[name];
  if (value === undefined || !isJsonObject(value)) throw new TypeError(`There are no ${name}.`);
  return value;
}
