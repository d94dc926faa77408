import { createHash } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { gzipSync } from 'node:zlib';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { type CertificateFiles, certificatesBeside } from '../../src/demo/certificates.ts';
import { listenHttps } from '../../src/demo/listen-https.ts';
import type { TrustEntry } from '../../src/verifier/ports.ts';

type Json = { readonly [member: string]: unknown };
type Purpose = 'revocation' | 'suspension';

interface ServedDocument {
  readonly type: string;
  readonly body: string;
  readonly maxAgeS: number;
}

/** An agent of the world, as its own process would know it. */
export interface WorldAgent {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly privateJwk: { readonly [member: string]: unknown };
  /** Position in both status lists. */
  readonly index: number;
}

/** What a test says about an agent; the rest is as the registry would have it. */
export interface AgentPapers {
  readonly handle: string;
  readonly authorizedScopes: readonly string[];
  readonly redirectUris?: readonly string[];
  /** Keep this key; a new one is made otherwise. */
  readonly privateJwk?: JWK;
}

/**
 * A host of agent documents made by hand: an issuer's did:web and keys, agents with metadata
 * documents and passports, and two status lists, over https on loopback. None of the project's own
 * building code is in it, so that it witnesses what the verifier reads.
 */
export interface AgentWorld extends AsyncDisposable {
  readonly origin: string;
  /** Where the documents of that origin are served: itself, unless it was given another name. */
  readonly address: string;
  readonly issuer: string;
  /** Paths asked for since the start, in order. */
  readonly requests: readonly string[];
  readonly trust: TrustEntry;
  /** URLs of the two status lists. */
  readonly lists: readonly string[];
  /** Publishes an agent, or publishes it anew under the same handle and index. */
  publish(papers: AgentPapers): Promise<WorldAgent>;
  /** Sets or clears an agent's bit and publishes the list. */
  mark(agent: WorldAgent, purpose: Purpose, set: boolean): Promise<void>;
  /** Serves these octets at a path, whatever was there. */
  serve(path: string, document: ServedDocument): void;
  /** The JSON served at a path. */
  documentAt(path: string): Json;
  /** Answers 503 for everything below a path, until the returned function is called. */
  breakBelow(path: string): () => void;
  /** Has everything below a path answered by somebody else. */
  mount(path: string, listener: RequestListener): void;
}

/** The certificates of this test run: the folder of the CA that this process was started with. */
export function testCertificates(): CertificateFiles {
  const caFile = process.env['NODE_EXTRA_CA_CERTS'];
  if (caFile === undefined) throw new Error('Start this process with NODE_EXTRA_CA_CERTS');
  return certificatesBeside(caFile);
}

/** Starts a world on a free port of loopback; its documents name this origin, or that port's. */
export async function startAgentWorld(
  named: { readonly origin?: string } = {},
): Promise<AgentWorld> {
  const listener = await listenHttps(testCertificates());
  const { origin = listener.url } = named;
  const site = createSite();
  listener.handle(site.listener);
  const scribe = await createScribe(origin);
  const bits = { revocation: new Uint8Array(16384), suspension: new Uint8Array(16384) };
  const handles = new Map<string, number>();

  async function publishList(purpose: Purpose): Promise<void> {
    const body = await scribe.statusList(purpose, bits[purpose]);
    site.serve(listPath(purpose), { type: 'application/vc+jwt', body, maxAgeS: 15 });
  }

  site.serveJson('/.well-known/did.json', scribe.didDocument);
  await publishList('revocation');
  await publishList('suspension');
  return {
    origin,
    address: listener.url,
    issuer: scribe.issuer,
    requests: site.requests,
    trust: {
      issuer: scribe.issuer,
      clientIds: [`${origin}/a/`],
      credentialTypes: ['AgentAuthorizationCredential'],
    },
    lists: [`${origin}${listPath('revocation')}`, `${origin}${listPath('suspension')}`],
    publish: async (papers) => {
      const index = handles.get(papers.handle) ?? 4711 + handles.size;
      handles.set(papers.handle, index);
      const { agent, jwks, document } = await scribe.agent(papers, index);
      site.serveJson(`/a/${papers.handle}/jwks.json`, jwks);
      site.serveJson(`/a/${papers.handle}/client.json`, document);
      return agent;
    },
    mark: async (agent, purpose, set) => {
      const octet = agent.index >> 3;
      const mask = 0x80 >> (agent.index & 7);
      const before = bits[purpose][octet] ?? 0;
      bits[purpose][octet] = set ? before | mask : before & ~mask;
      await publishList(purpose);
    },
    serve: site.serve,
    documentAt: site.documentAt,
    breakBelow: site.breakBelow,
    mount: site.mount,
    [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose](),
  };
}

function listPath(purpose: Purpose): string {
  return purpose === 'revocation' ? '/status/1r' : '/status/1s';
}

function createSite() {
  const documents = new Map<string, ServedDocument>();
  const requests: string[] = [];
  const broken = new Set<string>();
  const mounted = new Map<string, RequestListener>();
  const listener: RequestListener = (request, response) => {
    const path = request.url ?? '';
    requests.push(path);
    const document = documents.get(path);
    const [, beside] = [...mounted].find(([prefix]) => path.startsWith(prefix)) ?? [];
    if ([...broken].some((prefix) => path.startsWith(prefix))) response.writeHead(503).end();
    else if (beside !== undefined) beside(request, response);
    else if (document === undefined) response.writeHead(404).end();
    else {
      const caching = `public, max-age=${document.maxAgeS}`;
      response.writeHead(200, { 'content-type': document.type, 'cache-control': caching });
      response.end(document.body);
    }
  };
  const serve = (path: string, document: ServedDocument): void => {
    documents.set(path, document);
  };
  return {
    listener,
    requests,
    serve,
    mount: (path: string, other: RequestListener) => void mounted.set(path, other),
    serveJson: (path: string, value: Json) =>
      serve(path, { type: 'application/json', body: JSON.stringify(value), maxAgeS: 300 }),
    documentAt: (path: string) => JSON.parse(documents.get(path)?.body ?? '{}') as Json,
    breakBelow: (path: string) => {
      broken.add(path);
      return () => void broken.delete(path);
    },
  };
}

async function createScribe(origin: string) {
  const issuer = `did:web:${new URL(origin).host.replace(':', '%3A')}`;
  const key = await createKey();
  const kid = `${issuer}#${key.thumbprint}`;
  let lastListMs = 0;

  const sign = (payload: Json) =>
    new SignJWT(payload)
      .setProtectedHeader({ alg: 'ES256', typ: 'vc+jwt', cty: 'vc', kid })
      .sign(key.privateKey);

  return {
    issuer,
    didDocument: didDocument(issuer, kid, key.publicJwk),
    statusList: (purpose: Purpose, bits: Uint8Array) => {
      // The order of lists is their validFrom with milliseconds: it must strictly increase.
      lastListMs = Math.max(Date.now(), lastListMs + 1);
      const url = `${origin}${listPath(purpose)}`;
      return sign(statusListPayload({ origin, issuer, url, purpose, bits, nowMs: lastListMs }));
    },
    agent: async (papers: AgentPapers, index: number) => {
      const agentKey = papers.privateJwk ? await keyOf(papers.privateJwk) : await createKey();
      const { clientId, redirectUri, core } = metadata(origin, papers);
      const claims = { origin, issuer, papers, index, thumbprint: agentKey.thumbprint, core };
      const passport = await sign(passportPayload(claims));
      const published = { ...agentKey.publicJwk, kid: agentKey.thumbprint, alg: 'ES256' };
      return {
        agent: { clientId, redirectUri, index, privateJwk: { ...agentKey.privateJwk } },
        jwks: { keys: [{ ...published, use: 'sig' }] },
        document: { ...core, 'vc+jwt': passport },
      };
    },
  };
}

async function createKey() {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  return { ...(await keyOf(await exportJWK(privateKey))), privateKey };
}

async function keyOf(privateJwk: JWK) {
  const { kty = '', crv = '', x = '', y = '' } = privateJwk;
  const publicJwk = { kty, crv, x, y };
  return { publicJwk, privateJwk, thumbprint: await calculateJwkThumbprint(publicJwk) };
}

function didDocument(issuer: string, kid: string, publicJwk: Json): Json {
  const [, thumbprint] = kid.split('#');
  return {
    '@context': ['https://www.w3.org/ns/did/v1', 'https://www.w3.org/ns/cid/v1'],
    id: issuer,
    verificationMethod: [
      {
        id: kid,
        type: 'JsonWebKey',
        controller: issuer,
        publicKeyJwk: { ...publicJwk, kid: thumbprint, alg: 'ES256' },
      },
    ],
    assertionMethod: [kid],
  };
}

function metadata(origin: string, papers: AgentPapers) {
  const base = `${origin}/a/${papers.handle}`;
  const clientId = `${base}/client.json`;
  const redirectUri = papers.redirectUris?.[0] ?? `${base}/callback`;
  const core: Json = {
    client_id: clientId,
    client_name: papers.handle,
    client_uri: base,
    application_type: 'web',
    redirect_uris: papers.redirectUris ?? [redirectUri],
    grant_types: ['authorization_code', 'client_credentials'],
    response_types: ['code'],
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256',
    jwks_uri: `${base}/jwks.json`,
    contacts: ['agents@acme.example'],
  };
  return { clientId, redirectUri, core };
}

interface PassportFacts {
  readonly origin: string;
  readonly issuer: string;
  readonly papers: AgentPapers;
  readonly index: number;
  readonly thumbprint: string;
  readonly core: Json;
}

function passportPayload(facts: PassportFacts): Json {
  const { origin, issuer, papers, index } = facts;
  const clientId = `${origin}/a/${papers.handle}/client.json`;
  const { start, end, iat, exp } = period(Date.now(), 7 * 86_400);
  return {
    '@context': ['https://www.w3.org/ns/credentials/v2', `${origin}/contexts/agent-v1.jsonld`],
    id: `urn:uuid:${crypto.randomUUID()}`,
    type: ['VerifiableCredential', 'AgentAuthorizationCredential'],
    issuer,
    validFrom: start,
    validUntil: end,
    credentialSubject: {
      id: clientId,
      did: `${issuer}:a:${papers.handle}`,
      name: papers.handle,
      agentType: 'agent',
      issuerDomain: new URL(origin).host,
      authorizedScopes: papers.authorizedScopes,
      delegation: { permitted: false, maxDepth: 0 },
      jwkThumbprints: [facts.thumbprint],
      documentDigest: createHash('sha256').update(canonical(facts.core)).digest('base64url'),
    },
    credentialSchema: {
      id: `${origin}/schemas/agent-authorization.v1.json`,
      type: 'JsonSchema',
    },
    credentialStatus: (['revocation', 'suspension'] as const).map((purpose) => ({
      type: 'BitstringStatusListEntry',
      statusPurpose: purpose,
      statusListIndex: String(index),
      statusListCredential: `${origin}${listPath(purpose)}`,
    })),
    status: { status_list: { idx: index, uri: `${origin}/token-status/1` } },
    iss: issuer,
    sub: clientId,
    iat,
    exp,
  };
}

interface ListFacts {
  readonly origin: string;
  readonly issuer: string;
  readonly url: string;
  readonly purpose: Purpose;
  readonly bits: Uint8Array;
  readonly nowMs: number;
}

function statusListPayload(facts: ListFacts): Json {
  const { origin, issuer, url, purpose, bits, nowMs } = facts;
  const { end, iat, exp } = period(nowMs, 900);
  return {
    '@context': ['https://www.w3.org/ns/credentials/v2', `${origin}/contexts/agent-v1.jsonld`],
    id: url,
    type: ['VerifiableCredential', 'BitstringStatusListCredential'],
    issuer,
    validFrom: new Date(nowMs).toISOString(),
    validUntil: end,
    credentialSubject: {
      id: `${url}#list`,
      type: 'BitstringStatusList',
      statusPurpose: purpose,
      encodedList: `u${gzipSync(bits).toString('base64url')}`,
      ttl: 30_000,
    },
    iss: issuer,
    sub: url,
    iat,
    exp,
  };
}

function period(nowMs: number, lifetimeS: number) {
  const iat = Math.floor(nowMs / 1000);
  const text = (seconds: number) => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
  return { iat, exp: iat + lifetimeS, start: text(iat), end: text(iat + lifetimeS) };
}

/** RFC 8785 for what the documents of this world hold: strings, and lists of them. */
function canonical(value: Json): string {
  const members = Object.keys(value).sort();
  return `{${members.map((m) => `${JSON.stringify(m)}:${JSON.stringify(value[m])}`).join(',')}}`;
}
