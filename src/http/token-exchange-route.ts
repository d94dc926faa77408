import express, { type Request, type Response, Router } from 'express';
import type { WorkloadCases } from '../journeys/workload-cases.ts';
import { type ErrorCode, SealwrightError } from '../kernel/sealwright-error.ts';
import { requestIdOf } from './answer-problem.ts';
import type { Logger } from './log.ts';
import type { RateLimits } from './rate-limits.ts';
import { Refusal } from './refusal.ts';
import { sendAnswer } from './send-answer.ts';
import { originOf } from './serve-routes.ts';

const path = '/api/v1/token-exchange';
const formType = /^application\/x-www-form-urlencoded\s*(?:;\s*charset="?utf-8"?\s*)?$/i;
/** A token of 16 kB, with room for its escapes and the members beside it. */
const maxBodyBytes = 32 * 1024;

const grantType = 'urn:ietf:params:oauth:grant-type:token-exchange';
const accessToken = 'urn:ietf:params:oauth:token-type:access_token';
const subjectTypes: ReadonlySet<string> = new Set([
  'urn:ietf:params:oauth:token-type:jwt',
  'urn:ietf:params:oauth:token-type:id_token',
]);

/** Who exchanges tokens, and the log that hears how each call ended. */
export interface TokenExchangeDeps {
  readonly registry: Pick<WorkloadCases, 'exchangeToken'>;
  readonly log: Logger;
  readonly limits: RateLimits;
}

/**
 * The token endpoint (RFC 8693) for workloads. It asks for no token of ours, reads a form and answers
 * errors as OAuth does (RFC 6749 §5.2), where the rest of the API answers problem documents. An
 * address that tries too often gets one of those, too.
 */
export function tokenExchangeRoute(deps: TokenExchangeDeps): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router.post(path, (request, response) => {
    deps.limits.countStranger(request.socket.remoteAddress ?? '');
    return exchange(deps, request, response);
  });
  router.all(path, () => {
    throw new Refusal('method-not-allowed', { headers: { Allow: 'POST' } });
  });
  return router;
}

async function exchange(deps: TokenExchangeDeps, request: Request, response: Response) {
  const requestId = requestIdOf(response);
  try {
    const form = await readForm(request, response);
    const { token, text } = await deps.registry.exchangeToken({
      ...orderOf(form),
      from: originOf(request, response),
    });
    const expiresInS = (token.expiresAt.getTime() - token.createdAt.getTime()) / 1000;
    deps.log.info({ requestId, message: 'token exchanged', tokenId: token.id });
    answer(response, 200, {
      access_token: text,
      issued_token_type: accessToken,
      token_type: 'Bearer',
      expires_in: Math.floor(expiresInS),
      scope: token.scopes.join(' '),
    });
  } catch (error) {
    const { status, code, description } = refusalOf(error);
    const why = error instanceof SealwrightError ? (error.cause ?? error.detail) : description;
    const line = { requestId, message: 'token exchange refused', code };
    if (status >= 500) deps.log.error({ ...line, why: plain(why), err: error });
    else deps.log.warn({ ...line, why: plain(why) });
    answer(response, status, { error: code, error_description: description });
  }
}

function answer(response: Response, status: number, body: object): void {
  // RFC 6749 §5.1: no cache keeps what holds a token; RFC 9110 §10.2.3: when to ask again.
  const headers = { Pragma: 'no-cache', ...(status === 503 && { 'Retry-After': '10' }) };
  sendAnswer(response, { status, body, headers });
}

const collectBody = express.raw({ type: () => true, limit: maxBodyBytes, inflate: false });

async function readForm(request: Request, response: Response): Promise<URLSearchParams> {
  if (!formType.test(request.headers['content-type'] ?? '') || request.url.includes('?')) {
    throw invalid('Send the parameters as application/x-www-form-urlencoded, in the body.');
  }
  await new Promise<void>((resolve, reject) => {
    collectBody(request, response, (error?: unknown) => (error ? reject(error) : resolve()));
  });
  const octets: unknown = request.body;
  return new URLSearchParams(octets instanceof Uint8Array ? Buffer.from(octets).toString() : '');
}

function orderOf(form: URLSearchParams) {
  const { grant_type, subject_token, subject_token_type, requested_token_type } = members(form);
  if (grant_type === undefined) throw invalid('The parameter grant_type is missing.');
  if (grant_type !== grantType) throw new OAuthRefusal('unsupported_grant_type');
  if (subject_token === undefined) throw invalid('The parameter subject_token is missing.');
  if (!subjectTypes.has(subject_token_type ?? '')) {
    throw invalid('The parameter subject_token_type is missing, or of a type that is not taken.');
  }
  if (form.get('actor_token')) throw invalid('Nobody acts for another here: no actor_token.');
  if (requested_token_type !== undefined && requested_token_type !== accessToken) {
    throw invalid('Only access tokens are issued.');
  }
  const { scope, audience, resource } = members(form);
  return {
    subjectToken: subject_token,
    scopes: scope?.split(' ').filter((token) => token !== '') ?? null,
    audience: audience ?? resource ?? null,
  };
}

type Parameter =
  | 'grant_type'
  | 'subject_token'
  | 'subject_token_type'
  | 'requested_token_type'
  | 'scope'
  | 'audience'
  | 'resource';

/** RFC 6749 §3.2: no parameter twice, one without a value is left out, and others are ignored. */
function members(form: URLSearchParams): { readonly [Name in Parameter]?: string } {
  const names = [...form.keys()];
  const repeated = names.find((name, at) => names.indexOf(name) !== at);
  if (repeated !== undefined) throw invalid('A parameter is given twice.');
  return Object.fromEntries([...form].filter(([, value]) => value !== ''));
}

/** A refusal that only this endpoint knows, by its OAuth code. */
class OAuthRefusal extends Error {
  override readonly name = 'OAuthRefusal';
  readonly code: string;

  constructor(code: string, description = 'Only the token exchange of RFC 8693 is offered here.') {
    super(description);
    this.code = code;
  }
}

function invalid(description: string): OAuthRefusal {
  return new OAuthRefusal('invalid_request', description);
}

/**
 * The refusals of the domain in the words of OAuth. RFC 8693 §2.2.2: a subject token that is invalid
 * for any reason is `invalid_request`.
 */
const oauthCodes: Partial<Readonly<Record<ErrorCode, readonly [status: number, code: string]>>> = {
  'subject-token-refused': [400, 'invalid_request'],
  'not-permitted': [400, 'invalid_scope'],
  'organization-not-found': [400, 'invalid_target'],
  'issuer-unavailable': [503, 'temporarily_unavailable'],
  'storage-unavailable': [503, 'temporarily_unavailable'],
  'audit-unavailable': [503, 'temporarily_unavailable'],
  'clock-behind': [503, 'temporarily_unavailable'],
  'conflict-retry': [503, 'temporarily_unavailable'],
};

interface OAuthError {
  readonly status: number;
  readonly code: string;
  readonly description: string;
}

function refusalOf(error: unknown): OAuthError {
  if (error instanceof OAuthRefusal) {
    return { status: 400, code: error.code, description: error.message };
  }
  const known = error instanceof SealwrightError ? oauthCodes[error.code] : undefined;
  if (known !== undefined && error instanceof SealwrightError) {
    return { status: known[0], code: known[1], description: error.detail };
  }
  if (error instanceof Error && 'type' in error) {
    return { status: 400, code: 'invalid_request', description: 'The body cannot be read.' };
  }
  return { status: 500, code: 'server_error', description: 'The exchange failed.' };
}

function plain(why: unknown): string | undefined {
  return typeof why === 'string' ? why : undefined;
}
