import { copyAuthorizationDetails } from '../protocol/authorization-details.ts';
import { parseDocumentUrl } from '../protocol/document-url.ts';
import { maxClientIdLength, maxJwksBytes, maxJwtBytes } from '../protocol/limits.ts';
import type { Parsed } from '../protocol/parsed.ts';
import { refused } from '../protocol/parsed.ts';
import type { ApprovalStore } from './approvals.ts';
import type { ClaimsValidator, Court, Question } from './inquiry.ts';
import { presentMetadata } from './intake/from-client-id.ts';
import { presentJwt } from './intake/from-jwt.ts';
import { parsePushedMetadata } from './intake/from-pushed-metadata.ts';
import { invalidate, invalidateIssuer } from './invalidate.ts';
import type {
  AccessRequest,
  Fetch,
  FetchedResponse,
  FetchOutcome,
  StatementRequest,
  TrustPolicy,
  Verifier,
} from './ports.ts';
import { acceptJson, parseJsonDocument } from './resolve/json-document.ts';
import type { ResponseCache } from './response-cache.ts';
import { createSources } from './sources.ts';
import type { Trust } from './trust.ts';
import { inspectionTrust, trustOf } from './trust.ts';
import { parseTrustPolicy } from './trust-policy.ts';
import type { Report } from './verdict.ts';
import { deadlineMs, verifyClient } from './verify-client.ts';

/** What a look at a client needs; what a verdict needs besides is in `VerifierOptions`. */
export interface InspectorOptions {
  /** How documents are read; `guardedFetch()` of `sealwright/verifier/node`. */
  readonly fetch: Fetch;
  /** Milliseconds since the epoch, for validity and ages; `Date.now` by default. */
  readonly clock?: () => number;
  /** Judges of credential types that are not ours, by type; without one the claims go unjudged. */
  readonly validators?: Readonly<Record<string, ClaimsValidator>>;
  /** A second level behind the copies held in this process, for several processes to share. */
  readonly cache?: ResponseCache;
}

/** What a verdict needs. */
export interface VerifierOptions extends InspectorOptions {
  /** Whom to trust, and for what. Required: there is no verdict without it. */
  readonly policy: TrustPolicy;
  /** Decisions about single clients, hosts and issuers; needed when the policy asks for approval. */
  readonly approvals?: ApprovalStore;
}

/**
 * Looks at any client, trusted or not, and reports. Has no verdict to give: where a verifier is
 * asked for, an inspector does not fit.
 */
export interface Inspector {
  /**
   * As `verifyClient`, for a client of any issuer: whatever it names is fetched. `accepted` in the
   * report says that the papers are in order; `issuer.trust` stays `none` and the check
   * `issuer.trust` is a `warn`, because nobody was trusted.
   */
  inspectClient(clientId: string, request?: AccessRequest): Promise<Report>;
  /** As `inspectClient`, for a compact credential on its own. */
  inspectCredential(jwt: string, request?: AccessRequest): Promise<Report>;
}

const inspectorOptions = ['fetch', 'clock', 'validators', 'cache'] as const;
const verifierOptions = [...inspectorOptions, 'policy', 'approvals'] as const;

/**
 * The verifier that authorization servers and resource servers embed. It never throws for what a
 * client or an issuer does, and every question is answered within five seconds.
 *
 * @throws TypeError for options that are wrong or unknown, a policy included: all faults at once.
 */
export function createVerifier(options: VerifierOptions): Verifier {
  requireOptions('createVerifier', options, verifierOptions);
  const policy = parsePolicy(options.policy, options);
  if (!policy.ok) {
    const faults = policy.faults.map(({ pointer, detail }) => `policy${pointer} ${detail}`);
    throw new TypeError(`createVerifier: ${faults.join('; ')}`);
  }
  const { approvals } = options;
  let court: Court = { ...courtOf(options, trustOf(policy.value)), approvals };
  return {
    verifyClient: async (clientId, request) =>
      verifyClient(court, questionAbout(clientId, request)),
    verifyCredential: async (jwt, request) => verifyClient(court, questionOf(jwt, request)),
    verifySoftwareStatement: async (jwt, request) =>
      verifyClient(court, questionOnStatement(jwt, request)),
    verifyPushedMetadata: async (metadata, request) =>
      verifyClient(court, await questionOnMetadata(metadata, request, options.fetch)),
    read: (url) => readOctets(court, url),
    invalidate: (url) => {
      if (typeof url === 'string') invalidate(court.sources, url);
    },
    invalidateIssuer: (issuer, kind = 'everything') => {
      invalidateIssuer(court.sources, issuer, kind);
    },
    trusts: (issuer, clientId) => court.trust.names(issuer, clientId),
    replacePolicy: (input) => {
      const next = parsePolicy(input, options);
      if (next.ok) court = { ...court, trust: trustOf(next.value) };
      return next;
    },
  };
}

/**
 * An inspector, for tools that show what a client presents before anybody trusts it. Reads URLs that
 * strangers name: keep it away from where access is decided.
 *
 * @throws TypeError for options that are wrong or unknown.
 */
export function createInspector(options: InspectorOptions): Inspector {
  requireOptions('createInspector', options, inspectorOptions);
  const court = courtOf(options, inspectionTrust());
  const reportOn = async (question: Question) => (await verifyClient(court, question)).report;
  return {
    inspectClient: async (clientId, request) => reportOn(questionAbout(clientId, request)),
    inspectCredential: async (jwt, request) => reportOn(questionOf(jwt, request)),
  };
}

function courtOf(options: InspectorOptions, trust: Trust): Court {
  const { fetch, clock = Date.now, validators = {}, cache } = options;
  return {
    trust,
    clock,
    sources: createSources({ fetch, clock, cache }),
    allowLoopback: fetch.allowLoopback,
    validators: new Map(Object.entries(validators)),
  };
}

function questionAbout(clientId: unknown, request: AccessRequest | undefined): Question {
  const value = textOf(clientId).slice(0, maxClientIdLength);
  return { input: { kind: 'client_id', value }, raw: clientId, ...askedIn(request) };
}

function questionOf(jwt: unknown, request: AccessRequest | undefined): Question {
  const value = textOf(jwt).slice(0, maxJwtBytes);
  const input = { kind: 'jwt', value } as const;
  return { input, raw: jwt, presentation: presentJwt(jwt), ...askedIn(request) };
}

function questionOnStatement(jwt: unknown, request: StatementRequest): Question {
  const audience = textOf(request?.audience);
  if (audience === '') {
    throw new TypeError('verifySoftwareStatement: audience must be an issuer identifier');
  }
  const question = questionOf(jwt, request);
  const { value } = question.input;
  return { ...question, input: { kind: 'software_statement', value }, audience };
}

async function questionOnMetadata(
  metadata: unknown,
  request: AccessRequest | undefined,
  { allowLoopback, sha256 }: Fetch,
): Promise<Question> {
  const asked = askedIn(request);
  const pushed = parsePushedMetadata(metadata);
  const raw = pushed.ok ? pushed.value['client_id'] : undefined;
  const url = textOf(raw).slice(0, maxClientIdLength);
  const presentation = await presentMetadata(pushed, { url, allowLoopback }, sha256);
  return { input: { kind: 'pushed_metadata', value: url }, raw, ...asked, presentation, pushed };
}

// A host may hand on what it got from a client: nothing here is taken to have its declared type.
function askedIn(request: AccessRequest | undefined) {
  const { scope, authorizationDetails, credentials } = request ?? {};
  return {
    scope: textOf(scope),
    details: copyAuthorizationDetails(authorizationDetails),
    credentials: Array.isArray(credentials) ? credentials : [],
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

async function readOctets(court: Court, url: string): Promise<FetchOutcome> {
  const { sources, trust, allowLoopback } = court;
  const trusted = parseDocumentUrl(url, { allowLoopback }).ok && trust.covers(url);
  // What was read under an earlier policy is read again only as far as the present one reaches.
  const known = sources.octets.has(url) && trust.reaches(url);
  if (!(trusted || known) || trust.blocks(url)) {
    return { ok: false, failure: 'blocked', detail: 'the URL is under no trusted prefix' };
  }
  const deadline = Date.now() + deadlineMs;
  const request = { url, accept: acceptJson, maxBytes: maxJwksBytes, deadline };
  const isKept = (response: FetchedResponse) => parseJsonDocument(response).ok;
  const outcome = await sources.octets.read({ ...request, isKept });
  if (outcome.ok) {
    // A copy: what a host does to its octets must not change what the verifier holds.
    const { response } = outcome.held;
    return { ok: true, response: { ...response, body: response.body.slice() } };
  }
  return outcome.cause === 'status'
    ? { ok: true, response: outcome.response }
    : { ok: false, failure: outcome.cause, detail: outcome.detail };
}

function requireOptions(
  name: string,
  options: InspectorOptions & Pick<VerifierOptions, 'approvals'>,
  known: readonly string[],
): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`${name}: an options object is required`);
  }
  const { fetch, clock, validators = {}, cache, approvals } = options;
  const faults = Object.keys(options)
    .filter((option) => !known.includes(option))
    .map((option) => `${option} is not an option`);
  if (typeof fetch !== 'function' || typeof fetch.allowLoopback !== 'boolean') {
    faults.push('fetch must be a Fetch, such as guardedFetch()');
  }
  for (const lent of ['inflate', 'sha256'] as const) {
    if (!['function', 'undefined'].includes(typeof fetch?.[lent])) {
      faults.push(`fetch.${lent} must be a function, where there is one`);
    }
  }
  if (clock !== undefined && typeof clock !== 'function') {
    faults.push('clock must be a function');
  }
  if (Object.values(validators).some((validator) => typeof validator !== 'function')) {
    faults.push('validators must be functions, by credential type');
  }
  if (cache !== undefined && !isResponseCache(cache)) {
    faults.push('cache must have get, set and delete, such as createMemoryCache()');
  }
  if (approvals !== undefined && !isApprovalStore(approvals)) {
    faults.push('approvals must have find, all and update, such as createMemoryApprovals()');
  }
  if (faults.length > 0) {
    throw new TypeError(`${name}: ${faults.join('; ')}`);
  }
}

function isResponseCache(cache: ResponseCache | null): boolean {
  return areMethods(cache?.get, cache?.set, cache?.delete);
}

function isApprovalStore(store: ApprovalStore | null): boolean {
  return areMethods(store?.find, store?.all, store?.update);
}

function areMethods(...methods: readonly unknown[]): boolean {
  return methods.every((method) => typeof method === 'function');
}

function parsePolicy(
  input: unknown,
  { fetch, approvals }: Pick<VerifierOptions, 'fetch' | 'approvals'>,
): Parsed<TrustPolicy> {
  const parsed = parseTrustPolicy(input);
  if (!parsed.ok) return parsed;
  if (parsed.value.approval === 'required' && approvals === undefined) {
    const detail = 'asks for approval, and no store of approvals was given';
    return refused('/approval', 'policy-approval', detail);
  }
  const prefixes = parsed.value.trust.flatMap(({ clientIds }) => clientIds);
  return !fetch.allowLoopback && prefixes.some((prefix) => prefix.startsWith('http:'))
    ? refused(
        '/trust',
        'policy-prefix',
        'has plain http prefixes: they need a fetch that allows loopback (allowLoopback, --allow-loopback)',
      )
    : parsed;
}
