import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { type Approval, type ApprovalStore, kindOfName } from '../verifier/approvals.ts';
import { Paced } from '../verifier/events/paced.ts';
import type { Verifier } from '../verifier/ports.ts';
import { AllowList } from './allow-list.ts';
import type { AllowListKey } from './allow-list-key.ts';
import { createAllowListRoutes } from './allow-list-routes.ts';
import { type Answer, ok, sendAnswer } from './answer.ts';
import { createApprovalRoutes } from './approval-routes.ts';
import { checkMethod } from './check-method.ts';
import type { ClientIds } from './client-ids.ts';
import { decisionLine, decisionOf } from './decision-log.ts';
import type { EventFeed } from './event-feed.ts';
import type { Desk, Hook } from './hook.ts';
import { hooks } from './hooks.ts';
import { type Bench, judge } from './judge.ts';
import { KeepWarm } from './keep-warm.ts';
import { Metrics } from './metrics.ts';
import type { PolicyInForce } from './policy-in-force.ts';
import { problemAnswer, Refusal } from './problems.ts';
import { readBody } from './read-body.ts';
import { type Ruling, rulingWithout } from './ruling.ts';
import { pathOf, type SideRoute } from './side-route.ts';
import { tokenCheck } from './token.ts';

/** How much is done at a time and how long it may take. Times in milliseconds. */
export interface SidecarLimits {
  /** Questions under way at once; one more is answered as undetermined. */
  readonly maxInFlight: number;
  /** Replaces what each hook takes for its answer by default. */
  readonly answerWithinMs: number | undefined;
  readonly keepWarmEveryMs: number;
  readonly keepWarmForMs: number;
  readonly maxClientsKeptWarm: number;
  readonly allowListEveryMs: number;
}

const usualLimits: SidecarLimits = {
  maxInFlight: 256,
  answerWithinMs: undefined,
  keepWarmEveryMs: 5_000,
  keepWarmForMs: 900_000,
  maxClientsKeptWarm: 1_000,
  allowListEveryMs: 5_000,
};

/** Between two rounds that events call for. */
const renewPauseMs = 250;

/** What a sidecar is made of. */
export interface SidecarOptions {
  readonly verifier: Pick<Verifier, 'verifyClient' | 'verifyCredential'>;
  readonly policy: PolicyInForce;
  /** What callers must present; null lets in whoever reaches the listener. */
  readonly token: string | null;
  /** Takes the lines of the decision log. */
  readonly decided: (line: string) => void;
  /** Takes what an operator should know, in one line without its end. */
  readonly say: (line: string) => void;
  /** The table in force, for products that give clients names of their own. */
  readonly clientIds?: () => ClientIds;
  /** Scopes that the authorization server grants by its own rules, such as `openid`. */
  readonly ownScopes?: readonly string[];
  readonly allowLoopback?: boolean;
  /**
   * The decisions that the verifier asks for too: whoever has the token may read and make them, and
   * nobody may where there is none.
   */
  readonly approvals?: ApprovalStore | undefined;
  /** Whom to watch for a signed allow-list beside those who are approved, and the key for it. */
  readonly allowList?:
    | { readonly key: AllowListKey; readonly watched: () => readonly string[] }
    | undefined;
  /** Events by which the verifier learns at once of what changed. */
  readonly events?: EventFeed | undefined;
  readonly limits?: Partial<SidecarLimits>;
  /** Milliseconds since the epoch, for the log. */
  readonly clock?: () => number;
}

/** A sidecar without its listener. */
export interface Sidecar {
  readonly listener: RequestListener;
  /** From now on `/readyz` says that the sidecar is about to go; questions are still answered. */
  close(): void;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly path: string;
  readonly requestId: string;
  readonly elapsedMs: () => number;
}

/** Makes a sidecar: hooks for products, health and metrics. Answers everything, throws nothing. */
export function createSidecar(options: SidecarOptions): Sidecar {
  const desk = new FrontDesk(options);
  return {
    listener: (request, response) => {
      desk.answer(request, response).catch(() => response.destroy());
    },
    close: () => desk.close(),
  };
}

class FrontDesk {
  readonly #options: SidecarOptions;
  readonly #limits: SidecarLimits;
  readonly #desk: Desk;
  readonly #bench: Bench;
  readonly #metrics: Metrics;
  readonly #keepWarm: KeepWarm;
  readonly #clock: () => number;
  readonly #carriesToken: (authorization: string | undefined) => boolean;
  readonly #sideRoutes: readonly SideRoute[];
  readonly #allowList: AllowList | undefined;
  #inFlight = 0;
  #isClosing = false;

  constructor(options: SidecarOptions) {
    const { verifier, policy, say, clock = Date.now, ownScopes = [] } = options;
    this.#options = options;
    this.#clock = clock;
    this.#carriesToken = options.token === null ? () => true : tokenCheck(options.token);
    this.#limits = { ...usualLimits, ...options.limits };
    const { keepWarmEveryMs: everyMs, keepWarmForMs: forMs, maxClientsKeptWarm } = this.#limits;
    const maxClients = maxClientsKeptWarm;
    this.#keepWarm = new KeepWarm({ verifier, now: Date.now, everyMs, forMs, maxClients });
    this.#metrics = new Metrics(policy, () => ({
      inFlight: this.#inFlight,
      keptWarm: this.#keepWarm.size,
    }));
    this.#desk = {
      clientIdOf: (name) => options.clientIds?.().get(name) ?? name,
      scopeOf: (tokens) => tokens.filter((token) => !ownScopes.includes(token)).join(' '),
      allowLoopback: options.allowLoopback ?? false,
    };
    this.#allowList = this.#createAllowList();
    this.#sideRoutes = this.#createSideRoutes();
    this.#bench = {
      verifier,
      mode: () => policy.mode,
      onVerdict: ({ kind, value }, { outcome }) => {
        if (kind === 'client_id' && outcome === 'accepted') this.#keepWarm.notice(value);
      },
      onFailure: (error) => say(`the verifier failed: ${nameOf(error)}`),
    };
    const renewing = new Paced(renewPauseMs, () => this.#renew());
    options.events?.onDropped(() => renewing.ask());
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const began = performance.now();
    const requestId = requestIdOf(request);
    const exchange: Exchange = {
      request,
      path: pathOf(request),
      requestId,
      elapsedMs: () => performance.now() - began,
    };
    sendAnswer(response, await this.#answerSafely(exchange), requestId);
  }

  close(): void {
    this.#isClosing = true;
    this.#keepWarm.close();
    this.#allowList?.close();
  }

  /** What is kept ready is made anew after copies were dropped: nobody has to wait for it. */
  #renew(): void {
    if (this.#isClosing) return;
    void this.#keepWarm.renew();
    void this.#allowList?.renew();
  }

  async #answerSafely(exchange: Exchange): Promise<Answer> {
    const hook = hooks.find((candidate) => leadsTo(candidate, exchange.path));
    const side = this.#sideRoutes.find(({ path }) => isBelow(path, exchange.path));
    try {
      if (hook !== undefined) return await this.#ask(hook, exchange);
      return side === undefined
        ? await this.#answerPlain(exchange)
        : await this.#answerBeside(side, exchange);
    } catch (error) {
      const refusal = error instanceof Refusal ? error : new Refusal('internal-error');
      const route = hook?.path ?? side?.path ?? 'other';
      if (error !== refusal) {
        this.#options.say(`request ${exchange.requestId} to ${route} failed: ${nameOf(error)}`);
      }
      this.#metrics.countRefusal(route, refusal.code);
      return hook?.refuse?.(refusal, this.#options.policy.mode) ?? problemAnswer(refusal);
    }
  }

  async #answerBeside(side: SideRoute, { request }: Exchange): Promise<Answer> {
    if (!side.isPublic) this.#checkToken(request);
    return side.answer(request);
  }

  #answerPlain(exchange: Exchange): Answer | Promise<Answer> {
    const plain = this.#plainAnswers()[exchange.path];
    if (plain === undefined) throw new Refusal('route-not-found');
    checkMethod(exchange.request, ['GET', 'HEAD']);
    return plain(exchange.request);
  }

  #plainAnswers(): Readonly<
    Record<string, (request: IncomingMessage) => Answer | Promise<Answer>>
  > {
    return {
      '/healthz': () => ok({ status: 'ok' }),
      '/readyz': () => this.#readiness(),
      '/metrics': async (request) => {
        this.#checkToken(request);
        const beside = await Promise.all(this.#sideRoutes.map((side) => side.metrics?.() ?? []));
        const text = `${this.#metrics.render()}${beside.flat().map(endLine).join('')}`;
        return ok(text, { 'Content-Type': 'text/plain; version=0.0.4' });
      },
    };
  }

  #createSideRoutes(): readonly SideRoute[] {
    const { approvals, token, say } = this.#options;
    // Without a token anybody on the machine could let himself in.
    const store = token === null ? undefined : approvals;
    const decided = (entry: Approval) => {
      say(decisionOfOperator(entry));
      void this.#allowList?.renew();
    };
    return [
      ...(store === undefined
        ? []
        : [createApprovalRoutes({ store, clock: this.#clock, decided })]),
      ...(this.#allowList === undefined ? [] : createAllowListRoutes(this.#allowList)),
      ...(this.#options.events === undefined ? [] : [this.#options.events.route]),
    ];
  }

  #createAllowList(): AllowList | undefined {
    const { allowList, approvals, verifier } = this.#options;
    if (allowList === undefined) return undefined;
    const { key, watched } = allowList;
    return new AllowList({
      verifier,
      key,
      clock: this.#clock,
      everyMs: this.#limits.allowListEveryMs,
      watched: async () => [...watched(), ...allowedClients((await approvals?.all()) ?? [])],
    });
  }

  #readiness(): Answer {
    const { mode, isStale } = this.#options.policy;
    const status = this.#isClosing ? 'stopping' : 'ok';
    const { events } = this.#options;
    // A stream that is down takes nothing away from a verdict, and so nothing from readiness.
    const streams = events === undefined ? {} : { events: events.states() };
    const body = { status, policy: isStale ? 'stale' : 'current', mode, ...streams };
    return { ...ok(body), status: this.#isClosing ? 503 : 200 };
  }

  async #ask(hook: Hook, exchange: Exchange): Promise<Answer> {
    const { request } = exchange;
    if (hook.reads === 'body') checkMethod(request, ['POST']);
    this.#checkToken(request);
    if (this.#inFlight >= this.#limits.maxInFlight) {
      const { mode } = this.#options.policy;
      const ruling = rulingWithout(null, { mode, reason: 'overloaded' });
      this.#record(hook, ruling, exchange);
      return hook.render(ruling, null);
    }
    this.#inFlight += 1;
    try {
      return await this.#decide(hook, exchange);
    } finally {
      this.#inFlight -= 1;
    }
  }

  async #decide(hook: Hook, exchange: Exchange): Promise<Answer> {
    const { request, elapsedMs } = exchange;
    const withinMs = this.#limits.answerWithinMs ?? hook.answerWithinMs;
    const body = hook.reads === 'body' ? await readBody(request, withinMs - elapsedMs()) : {};
    const question = hook.read({ headers: request.headers, body }, this.#desk);
    if (!question.ok) throw new Refusal('invalid-input', { faults: question.faults });
    const ruling = await judge(this.#bench, question.value, withinMs - elapsedMs());
    this.#record(hook, ruling, exchange);
    return hook.render(ruling, question.value);
  }

  #record({ path: route }: Hook, ruling: Ruling, { elapsedMs }: Exchange): void {
    const ms = elapsedMs();
    this.#metrics.countDecision(route, ruling, ms);
    const time = new Date(this.#clock());
    this.#options.decided(decisionLine(decisionOf(ruling, { time, route, ms })));
  }

  #checkToken(request: IncomingMessage): void {
    if (this.#carriesToken(request.headers.authorization)) return;
    // RFC 6750 §3: the challenge names the scheme and the realm.
    const headers = { 'WWW-Authenticate': 'Bearer realm="sealwright"', Connection: 'close' };
    throw new Refusal('unauthenticated', { headers });
  }
}

function leadsTo({ path, reads }: Hook, asked: string): boolean {
  return asked === path || (reads === 'headers' && isBelow(path, asked));
}

function isBelow(path: string, asked: string): boolean {
  return asked === path || asked.startsWith(`${path}/`);
}

function endLine(line: string): string {
  return `${line}\n`;
}

function allowedClients(entries: readonly Approval[]): readonly string[] {
  const allowed = entries.filter(({ decision }) => decision?.state === 'allowed');
  return allowed.map(({ name }) => name).filter((name) => kindOfName(name) === 'client');
}

function decisionOfOperator({ name, decision }: Approval): string {
  return `${name} is ${decision?.state}, by ${decision?.by}: ${decision?.reason}`;
}

/** The caller's id for the request, when it is plain, so that both sides name it alike. */
function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}

/** The kind of an error: its message could hold what somebody sent. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
