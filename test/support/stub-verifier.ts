import { refused } from '../../src/protocol/parsed.ts';
import type { AccessRequest, FetchOutcome, Verifier } from '../../src/verifier/ports.ts';
import type { Reason, Verdict, VerifiedClient } from '../../src/verifier/verdict.ts';

/** A verdict as the adapters see it; only what they read is filled with care. */
export interface StubbedVerdict {
  readonly outcome?: Verdict['outcome'];
  readonly reason?: Reason | null;
  /** Scopes that the papers permit. */
  readonly permitted?: readonly string[];
  readonly client?: Partial<VerifiedClient> | null;
  readonly advisory?: true;
}

/** A verifier that says what it was told to, and remembers what it was asked. */
export interface StubVerifier extends Verifier {
  verdict: StubbedVerdict;
  readonly documents: Map<string, FetchOutcome>;
  readonly asked: AccessRequest[];
  readonly urlsRead: string[];
  /** Called before a URL is read. */
  onRead: (url: string) => void;
}

export const stubClientId = 'https://id.example/a/bot/client.json';

/** Verifier whose verdict a test sets; accepted and without permitted scopes at first. */
export function createStubVerifier(): StubVerifier {
  const stub: StubVerifier = {
    verdict: {},
    documents: new Map(),
    asked: [],
    urlsRead: [],
    onRead: () => undefined,
    verifyClient: (clientId, request = {}) => {
      stub.asked.push(request);
      return Promise.resolve(buildVerdict(stub.verdict, clientId, request));
    },
    verifyCredential: () => Promise.reject(new Error('not asked for by adapters')),
    verifySoftwareStatement: () => Promise.reject(new Error('not asked for by most adapters')),
    verifyPushedMetadata: () => Promise.reject(new Error('not asked for by adapters')),
    read: (url) => {
      stub.onRead(url);
      stub.urlsRead.push(url);
      const outcome = stub.documents.get(url);
      return Promise.resolve(outcome ?? { ok: false, failure: 'failed', detail: 'no document' });
    },
    invalidate: () => undefined,
    invalidateIssuer: () => undefined,
    trusts: () => false,
    replacePolicy: () => refused('', 'stub', 'a stub has no policy'),
  };
  return stub;
}

function buildVerdict(stubbed: StubbedVerdict, clientId: string, request: AccessRequest): Verdict {
  const { outcome = 'accepted', reason = null, permitted = [] } = stubbed;
  const scopes = (request.scope ?? '').split(' ').filter((token) => token !== '');
  const granted = outcome === 'accepted' ? scopes.filter((s) => permitted.includes(s)) : [];
  const withheld = scopes.filter((token) => !granted.includes(token));
  const client = stubbed.client === null ? null : { ...plainClient(clientId), ...stubbed.client };
  return {
    outcome,
    reason,
    granted,
    withheld,
    client,
    claims: null,
    ...(stubbed.advisory && { advisory: true }),
    report: {
      report: 'rpt_0000000001',
      outcome,
      reason,
      checkedAt: '2026-11-20T12:00:00Z',
      input: { kind: 'client_id', value: clientId },
      subject: { clientId, did: null, name: null, host: null },
      issuer: { did: null, trust: 'policy' },
      freshness: { documentAgeS: 0, statusAgeS: 0, recheckBefore: null },
      granted,
      withheld,
      checks: [],
      claims: null,
    },
  };
}

function plainClient(clientId: string): VerifiedClient {
  return {
    clientId,
    name: 'Bot',
    host: 'id.example',
    redirectUris: ['https://id.example/a/bot/callback'],
    grantTypes: ['authorization_code', 'client_credentials'],
    tokenEndpointAuthMethod: 'private_key_jwt',
    jwksUri: 'https://id.example/a/bot/jwks.json',
    metadata: { client_id: clientId },
  };
}
