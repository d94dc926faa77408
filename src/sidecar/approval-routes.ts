import type { IncomingMessage } from 'node:http';
import { isPlainLine } from '../kernel/plain-line.ts';
import { type Fault, pointerTo } from '../protocol/parsed.ts';
import type { JsonObject, JsonValue } from '../protocol/strict-json.ts';
import {
  type Approval,
  type ApprovalDecision,
  type ApprovalState,
  type ApprovalStore,
  kindOfName,
  type SeenDocument,
  stateOf,
} from '../verifier/approvals.ts';
import { changesBetween } from '../verifier/document-changes.ts';
import { type DecisionOrder, recordDecision } from '../verifier/record-approval.ts';
import { type Answer, ok } from './answer.ts';
import { checkMethod } from './check-method.ts';
import { family } from './metrics.ts';
import { Refusal } from './problems.ts';
import { readBody } from './read-body.ts';
import { pathOf, type SideRoute } from './side-route.ts';

/** What the routes need. */
export interface ApprovalRoutesOptions {
  readonly store: ApprovalStore;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Hears of every decision, once it is kept. */
  readonly decided: (entry: Approval) => void;
}

const path = '/api/v1/approvals';
const bodyWithinMs = 5_000;
const maxTextLength = 500;
const states: readonly string[] = [
  'pending',
  'allowed',
  'blocked',
  'forgotten',
] satisfies ApprovalState[];
const verbs: ReadonlyMap<string, ApprovalDecision['state']> = new Map([
  ['allow', 'allowed'],
  ['block', 'blocked'],
  ['forget', 'forgotten'],
]);

/** `…/approvals`: who waits, who is allowed and who is blocked, and the decisions about it. */
export function createApprovalRoutes(options: ApprovalRoutesOptions): SideRoute {
  return {
    path,
    isPublic: false,
    answer: (request) => answer(options, request),
    metrics: () => measure(options.store),
  };
}

async function answer(options: ApprovalRoutesOptions, request: IncomingMessage): Promise<Answer> {
  const [encoded = '', verb, ...rest] = pathOf(request)
    .slice(path.length + 1)
    .split('/');
  const state = verb === undefined ? undefined : verbs.get(verb);
  if (rest.length > 0 || (verb !== undefined && state === undefined)) {
    throw new Refusal('route-not-found');
  }
  checkMethod(request, state === undefined ? ['GET', 'HEAD'] : ['POST']);
  if (encoded === '') return list(options, request);
  const name = nameIn(encoded);
  if (state !== undefined) return decide(options, request, { name, state });
  const [entry] = await readable(() => options.store.find([name]));
  if (entry === undefined) throw new Refusal('approval-not-found');
  return ok(wholeOf(entry));
}

async function list({ store }: ApprovalRoutesOptions, request: IncomingMessage): Promise<Answer> {
  const query = new URLSearchParams((request.url ?? '').slice(pathOf(request).length));
  const wanted = query.get('state');
  const unknown = [...query.keys()].filter((name) => name !== 'state');
  if (unknown.length > 0 || (wanted !== null && !states.includes(wanted))) {
    throw refusal({
      pointer: '/state',
      detail: `is one of ${states.join(', ')}; there is no other`,
    });
  }
  const entries = await readable(() => store.all());
  const shown = entries.filter((entry) => wanted === null || stateOf(entry) === wanted);
  return ok({ approvals: shown.map(summaryOf) });
}

async function decide(
  { store, clock, decided }: ApprovalRoutesOptions,
  request: IncomingMessage,
  { name, state }: Pick<DecisionOrder, 'name' | 'state'>,
): Promise<Answer> {
  const body = await readBody(request, bodyWithinMs);
  const faults = faultsIn(body);
  if (faults.length > 0) throw new Refusal('invalid-input', { faults });
  const { by, reason, digest } = body;
  const recorded = await readable(() =>
    recordDecision(store, {
      name,
      state,
      by: String(by),
      reason: String(reason),
      at: new Date(clock()).toISOString(),
      digest: typeof digest === 'string' ? digest : undefined,
    }),
  );
  if (!recorded.ok) throw refusalOf(recorded.faults);
  decided(recorded.value);
  return ok(wholeOf(recorded.value));
}

function refusalOf(faults: readonly Fault[]): Refusal {
  const [rule] = faults.map((fault) => fault.rule);
  if (rule === 'approval-unknown') return new Refusal('approval-not-found');
  return new Refusal(rule === 'approval-unseen' ? 'approval-conflict' : 'invalid-input', {
    faults,
  });
}

function faultsIn(body: JsonObject): readonly Fault[] {
  const texts = ['by', 'reason'].filter((member) => !isLine(body[member]));
  const unknown = Object.keys(body).filter((name) => !['by', 'reason', 'digest'].includes(name));
  const { digest } = body;
  const isDigest =
    digest === undefined || (typeof digest === 'string' && /^[\w-]{43}$/.test(digest));
  return [
    ...texts.map((member) => fault(member, `must be one line of 1 to ${maxTextLength} characters`)),
    ...unknown.map((member) => fault(member, 'is not a member of this request')),
    ...(isDigest ? [] : [fault('digest', 'must be the digest of a document')]),
  ];
}

function isLine(value: JsonValue | undefined): boolean {
  return (
    typeof value === 'string' &&
    value.trim() !== '' &&
    value.length <= maxTextLength &&
    isPlainLine(value)
  );
}

function fault(member: string, detail: string): Fault {
  return { pointer: pointerTo(member), rule: 'approval-input', detail };
}

function refusal(what: Pick<Fault, 'pointer' | 'detail'>): Refusal {
  return new Refusal('invalid-input', { faults: [{ ...what, rule: 'approval-input' }] });
}

/** The name in a path, where it stands as one segment with everything else escaped. */
function nameIn(encoded: string): string {
  let name = '';
  try {
    name = decodeURIComponent(encoded);
  } catch {
    // What is not escaped properly names nothing.
  }
  if (kindOfName(name) !== undefined) return name;
  const detail = 'the path must name a client_id, a host or a did:web, percent-encoded';
  throw refusal({ pointer: '', detail });
}

async function readable<Value>(read: () => Value | Promise<Value>): Promise<Value> {
  try {
    return await read();
  } catch {
    throw new Refusal('approvals-unreadable');
  }
}

function summaryOf(entry: Approval) {
  return {
    name: entry.name,
    kind: kindOfName(entry.name),
    state: stateOf(entry),
    decision: entry.decision,
    approved: sightOf(entry.approved),
    seen: sightOf(entry.seen),
  };
}

function sightOf(seen: SeenDocument | null) {
  return seen === null
    ? null
    : { digest: seen.digest, seenAt: seen.seenAt, issuer: seen.issuer, keys: seen.keys };
}

function wholeOf(entry: Approval) {
  const { approved, seen, history } = entry;
  const changes = seen === null ? null : changesBetween(approved, seen);
  return { ...summaryOf(entry), changes, history };
}

async function measure(store: ApprovalStore): Promise<readonly string[]> {
  const entries = await Promise.resolve()
    .then(() => store.all())
    .catch(() => undefined);
  const count = (state: string) => entries?.filter((entry) => stateOf(entry) === state).length ?? 0;
  return [
    ...family('approvals', 'gauge', 'Clients, hosts and issuers, by how they stand.', (name) =>
      states.map((state) => `${name}{state="${state}"} ${count(state)}`),
    ),
    ...family('approvals_unreadable', 'gauge', '1 while the store cannot be read.', (name) => [
      `${name} ${entries === undefined ? 1 : 0}`,
    ]),
  ];
}
