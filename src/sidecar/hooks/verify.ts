import {
  type AuthorizationDetail,
  isAuthorizationDetail,
} from '../../protocol/authorization-details.ts';
import { clientIdBesideDid, parseDidWeb } from '../../protocol/did-web.ts';
import { isLoopbackName } from '../../protocol/host-name.ts';
import { accepted, type Fault, type Parsed, refused, refusedAll } from '../../protocol/parsed.ts';
import type { JsonObject, JsonValue } from '../../protocol/strict-json.ts';
import { type Answer, ok } from '../answer.ts';
import type { Desk, Hook } from '../hook.ts';
import { problemAnswer, problemOf, Refusal } from '../problems.ts';
import type { Question, Ruling } from '../ruling.ts';

const inputs = ['client_id', 'jwt', 'did'] as const;
const known: readonly string[] = [...inputs, 'scope', 'authorizationDetails'];
const maxScopeLength = 4_096;
const maxDetails = 64;

/** `POST /api/v1/verify`: the call of the management API, answered with the report. */
export const verify: Hook = {
  path: '/api/v1/verify',
  reads: 'body',
  // The verifier itself answers within five seconds.
  answerWithinMs: 6_000,
  read: ({ body }, desk) => {
    const faults = [...unknownIn(body), ...inputFaultsIn(body), ...requestFaultsIn(body)];
    if (faults.length > 0) return refusedAll(faults);
    const input = readInput(body, desk);
    if (!input.ok) return input;
    const { scope, authorizationDetails } = body;
    return accepted({
      ...input.value,
      ...(typeof scope === 'string' ? { scope } : {}),
      ...(areDetails(authorizationDetails) ? { authorizationDetails } : {}),
    });
  },
  render: renderReport,
};

// The report is the answer whatever the mode: who asks here decides for itself.
function renderReport({ report, reason }: Ruling, question: Question | null): Answer {
  if (report === null) {
    return problemOf('not-decided', {
      members: { reason },
      headers: { 'Retry-After': '1' },
    });
  }
  const { did } = report.subject;
  if (question?.did !== undefined && did !== null && did !== question.did) {
    const detail = 'the papers beside its document name another DID';
    const faults = [{ pointer: '/did', rule: 'did-other', detail }];
    return problemAnswer(new Refusal('invalid-input', { faults }));
  }
  return ok(report);
}

function readInput(body: JsonObject, desk: Desk): Parsed<Question> {
  const { client_id: clientId, jwt, did } = body;
  if (typeof jwt === 'string') return accepted({ kind: 'jwt', value: jwt });
  if (typeof clientId === 'string') return accepted({ kind: 'client_id', value: clientId });
  const parsed = parseDidWeb(did);
  if (!parsed.ok) return refused('/did', 'verify-did', 'must be a did:web identifier');
  const plain = desk.allowLoopback && isLoopbackName(parsed.value.host);
  const beside = clientIdBesideDid(parsed.value, plain ? 'http' : 'https');
  if (!beside.ok) return refused('/did', 'verify-did', 'names an organization, not an agent');
  return accepted({ kind: 'client_id', value: beside.value, did: parsed.value.did });
}

function unknownIn(body: JsonObject): Fault[] {
  return Object.keys(body)
    .filter((name) => !known.includes(name))
    .map((name) => fault(`/${name}`, 'is not a member of this request'));
}

function inputFaultsIn(body: JsonObject): Fault[] {
  const given = inputs.filter((name) => body[name] !== undefined);
  const typed = given.filter((name) => typeof body[name] !== 'string');
  const faults = typed.map((name) => fault(`/${name}`, 'must be a text'));
  if (given.length === 1) return faults;
  return [...faults, fault('', 'give exactly one of "client_id", "jwt" and "did"')];
}

function requestFaultsIn({ scope, authorizationDetails }: JsonObject): Fault[] {
  const readable = typeof scope === 'string' && scope.length <= maxScopeLength;
  return [
    ...(scope === undefined || readable
      ? []
      : [fault('/scope', `must be a text of at most ${maxScopeLength} characters`)]),
    ...(authorizationDetails === undefined || areDetails(authorizationDetails)
      ? []
      : [
          fault(
            '/authorizationDetails',
            `must be at most ${maxDetails} objects with a "type" (RFC 9396 section 2)`,
          ),
        ]),
  ];
}

function areDetails(value: JsonValue | undefined): value is readonly AuthorizationDetail[] {
  return Array.isArray(value) && value.length <= maxDetails && value.every(isAuthorizationDetail);
}

function fault(pointer: string, detail: string): Fault {
  return { pointer, rule: 'verify-input', detail };
}
