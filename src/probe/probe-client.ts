import type { Finding } from '../lint/finding.ts';
import { lintDocument } from '../lint/lint-document.ts';
import { judgeUrl } from '../verifier/node/fetchable-url.ts';
import { type ResolveHost, resolveBySystem } from '../verifier/node/resolve-host.ts';
import { type Ask, createAsk, type Dialling } from './exchange.ts';
import { findAnswerDefects, hasDocument } from './find-answer-defects.ts';
import { type CachingFacts, findCachingDefects, readCaching } from './find-caching-defects.ts';
import { findDependenceDefects } from './find-dependence-defects.ts';
import { findHostDefects } from './find-host-defects.ts';
import { type Host, lookAtHost } from './host.ts';
import { findNamedDocuments, type NamedDocument } from './named-documents.ts';
import { firstAnswer, type Observation, observe } from './observation.ts';
import { type Discovery, findingAt, type ProbeFinding } from './rules.ts';

/** How a probe may dial. */
export interface ProbeOptions {
  /** Reads plain http and loopback hosts too; development only. */
  readonly allowLoopback: boolean;
  /** PEM certificates to trust instead of Node's own roots. */
  readonly ca?: string;
  /** Replaces the system's resolver; what it answers is still filtered. */
  readonly resolveHost?: ResolveHost;
  /** How long further requests are begun, in milliseconds; a minute unless given. */
  readonly beginWithinMs?: number;
}

/** One request of a series, and how it ended: a status, or why there is none. Milliseconds. */
export interface ProbeRequest {
  readonly name: string;
  readonly ended: number | string;
  readonly ms: number;
}

/** What the first answer was. */
export interface AnswerFacts extends CachingFacts {
  readonly status: number;
  readonly contentType: string | null;
  /** Octets of the document, and of the body as it travelled. */
  readonly bytes: number;
  readonly wireBytes: number;
  readonly encoding: string;
  readonly cacheControl: string | null;
  readonly vary: string | null;
  readonly ms: number;
}

/** One document, as readers find it. */
export interface ProbedDocument extends NamedDocument {
  /** null when there was none, or nothing was asked. */
  readonly answer: AnswerFacts | null;
  readonly requests: readonly ProbeRequest[];
  readonly findings: readonly ProbeFinding[];
}

/** An origin, as readers find it. */
export interface ProbedHost extends Host {
  readonly findings: readonly ProbeFinding[];
}

/** What was found from outside. */
export interface ProbeReport {
  readonly clientId: string;
  /** ISO 8601. */
  readonly probedAt: string;
  /** `unreachable`: there was no answer at the client_id. `errors`: at least one error was found. */
  readonly outcome: 'fine' | 'errors' | 'unreachable';
  readonly hosts: readonly ProbedHost[];
  /** The client metadata document first. */
  readonly documents: readonly ProbedDocument[];
  /** Documents that are named, and for which no time was left. */
  readonly unchecked: readonly NamedDocument[];
  /** What is wrong inside the client metadata document, by the standards. */
  readonly lint: readonly Finding[];
}

/** For everything together, and for each request what servers allow theirs. */
const usualBeginWithinMs = 60_000;
const requestDeadlineMs = 5_000;

/**
 * Examines a client metadata document, and the documents that it names, over the network as their
 * readers would: some ten requests for each, one after the other. Dials public addresses alone,
 * unless loopback is allowed; follows no redirect; never throws for what a peer does.
 */
export async function probeClient(clientId: string, options: ProbeOptions): Promise<ProbeReport> {
  const probe = new Probe(options);
  const probedAt = new Date().toISOString();
  const client = await probe.document({ purpose: 'client', url: clientId });
  const body = client.body;
  const plain = options.allowLoopback && clientId.startsWith('http:');
  const named = body === null ? [] : findNamedDocuments(body, plain);
  const others: ProbedDocument[] = [];
  for (const document of named) {
    if (probe.mayGoOn) others.push((await probe.document(document)).probed);
  }
  const lint = body === null ? [] : lintBody(body, clientId, options);
  const hosts = probe.hosts;
  const documents = [client.probed, ...others];
  return {
    clientId,
    probedAt,
    outcome: outcomeOf(client.reached, { hosts, documents, lint }),
    hosts,
    documents,
    unchecked: named.slice(others.length),
    lint,
  };
}

function lintBody(
  body: Uint8Array,
  url: string,
  { allowLoopback }: ProbeOptions,
): readonly Finding[] {
  return lintDocument({ body, url, allowLoopback }, { targets: [] }).findings;
}

function outcomeOf(
  reached: boolean,
  { hosts, documents, lint }: Pick<ProbeReport, 'hosts' | 'documents' | 'lint'>,
): ProbeReport['outcome'] {
  if (!reached) return 'unreachable';
  const findings = [...hosts, ...documents].flatMap((place) => place.findings);
  const wrong = [...findings, ...lint].some(({ severity }) => severity === 'error');
  return wrong ? 'errors' : 'fine';
}

/** A document that was looked at. */
interface Looked {
  readonly probed: ProbedDocument;
  /** The document itself; null when it was not to be had. */
  readonly body: Uint8Array | null;
  /** Whether somebody is there: a wrong certificate, or a wrong answer, is an answer. */
  readonly reached: boolean;
}

const unreachedBy: ReadonlySet<Discovery[0]> = new Set<Discovery[0]>([
  'probe.address.unresolved',
  'probe.address.not-public',
  'probe.reach.unanswered',
  'probe.reach.blocked',
]);

/** One run: every origin is looked at once. */
class Probe {
  readonly #dialling: Dialling;
  readonly #ask: Ask;
  readonly #ends: number;
  readonly #hosts = new Map<string, ProbedHost>();

  constructor({
    allowLoopback,
    ca,
    resolveHost = resolveBySystem,
    beginWithinMs = usualBeginWithinMs,
  }: ProbeOptions) {
    this.#ends = Date.now() + beginWithinMs;
    this.#dialling = { allowLoopback, ca, resolveHost };
    this.#ask = createAsk(this.#dialling);
  }

  get hosts(): readonly ProbedHost[] {
    return [...this.#hosts.values()];
  }

  get mayGoOn(): boolean {
    return Date.now() < this.#ends;
  }

  async document(named: NamedDocument): Promise<Looked> {
    const judged = judgeUrl(named.url, this.#dialling.allowLoopback);
    if (!judged.ok) return untouched(named, [['probe.reach.blocked', { detail: judged.detail }]]);
    const host = await this.#host(judged.url, judged.loopback);
    // Over such a connection no reader reads, so nothing is asked.
    const closed = host.findings.filter(({ severity }) => severity === 'error');
    if (closed.length > 0) {
      const reached = closed.every(({ id }) => !unreachedBy.has(id));
      return { ...untouched(named, []), reached };
    }
    const order = { requestMs: requestDeadlineMs, mayGoOn: () => this.mayGoOn };
    return lookedAt(await observe(this.#ask, named, order));
  }

  async #host(url: URL, loopback: boolean): Promise<ProbedHost> {
    const known = this.#hosts.get(url.origin);
    if (known !== undefined) return known;
    const order = { dialling: this.#dialling, loopback, deadline: Date.now() + requestDeadlineMs };
    const host = await lookAtHost(url, order);
    const findings = findHostDefects(host).map((one) => findingAt(url.origin, one));
    const probed = { ...host, findings };
    this.#hosts.set(url.origin, probed);
    return probed;
  }
}

function untouched(named: NamedDocument, discoveries: readonly Discovery[]): Looked {
  const findings = discoveries.map((one) => findingAt(named.url, one));
  const probed = { ...named, answer: null, requests: [], findings };
  return { probed, body: null, reached: false };
}

function lookedAt(observation: Observation): Looked {
  const { url, purpose, answers } = observation;
  const first = firstAnswer(observation);
  const whole = hasDocument(observation);
  const discoveries = [
    ...findAnswerDefects(observation),
    ...(whole ? findDependenceDefects(observation) : []),
    ...(whole ? findCachingDefects(observation) : []),
  ];
  const requests = [...answers].map(([name, answer]) => ({
    name,
    ended: answer.ok ? answer.status : answer.cause,
    ms: answer.ms,
  }));
  const findings = discoveries.map((one) => findingAt(url, one));
  const answer = first === null ? null : factsOf(first);
  return {
    probed: { purpose, url, answer, requests, findings },
    body: whole && first !== null ? first.body : null,
    reached: first !== null,
  };
}

function factsOf(first: NonNullable<ReturnType<typeof firstAnswer>>): AnswerFacts {
  const text = (name: string) => first.headers.get(name)?.slice(0, 200) ?? null;
  return {
    status: first.status,
    contentType: text('content-type'),
    bytes: first.body.length,
    wireBytes: first.wireBytes,
    encoding: text('content-encoding') ?? 'identity',
    cacheControl: text('cache-control'),
    vary: text('vary'),
    ms: first.ms,
    ...readCaching(first),
  };
}
