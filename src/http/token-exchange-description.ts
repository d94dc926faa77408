import type { JsonObject } from '../protocol/strict-json.ts';
import { headersOf } from './api-parts.ts';

const text = { type: 'string' } as const;
const accessToken = 'urn:ietf:params:oauth:token-type:access_token';
const headers = headersOf({ 'X-Request-Id': true });

const form: JsonObject = {
  type: 'object',
  required: ['grant_type', 'subject_token', 'subject_token_type'],
  properties: {
    grant_type: { const: 'urn:ietf:params:oauth:grant-type:token-exchange' },
    subject_token: { ...text, description: 'The token of the workload.' },
    subject_token_type: {
      enum: ['urn:ietf:params:oauth:token-type:jwt', 'urn:ietf:params:oauth:token-type:id_token'],
    },
    requested_token_type: { const: accessToken },
    scope: { ...text, description: 'Less than the rule grants, where that is enough.' },
    audience: text,
    resource: text,
  },
};

const granted: JsonObject = {
  type: 'object',
  required: ['access_token', 'issued_token_type', 'token_type', 'expires_in', 'scope'],
  properties: {
    access_token: text,
    issued_token_type: { const: accessToken },
    token_type: { const: 'Bearer' },
    expires_in: { type: 'integer' },
    scope: text,
  },
};

function refusal(description: string, codes: readonly string[]): JsonObject {
  const schema = {
    type: 'object',
    required: ['error', 'error_description'],
    properties: { error: { enum: [...codes] }, error_description: text },
  };
  return { description, headers, content: { 'application/json': { schema } } };
}

/**
 * The token endpoint, which is not of the route table: it takes a form, and its errors are those of
 * OAuth (RFC 6749 §5.2).
 */
export const tokenExchangeItem: JsonObject = {
  '/token-exchange': {
    post: {
      operationId: 'postTokenExchange',
      summary: 'Exchange the token of a workload for a short one (RFC 8693)',
      tags: ['workload-rules'],
      security: [],
      requestBody: {
        required: true,
        content: { 'application/x-www-form-urlencoded': { schema: form } },
      },
      responses: {
        '200': {
          description: 'A token.',
          headers,
          content: { 'application/json': { schema: granted } },
        },
        '400': refusal('The exchange is refused.', [
          'invalid_request',
          'invalid_scope',
          'invalid_target',
          'unsupported_grant_type',
        ]),
        '500': refusal('The exchange failed.', ['server_error']),
        '503': refusal('Try again shortly.', ['temporarily_unavailable']),
      },
    },
  },
};
