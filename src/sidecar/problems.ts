import type { Fault } from '../protocol/parsed.ts';
import type { JsonObject } from '../protocol/strict-json.ts';
import type { Answer } from './answer.ts';

/** Everything that the `code` of a problem document of the sidecar can be; outsiders switch on it. */
export type ProblemCode =
  | 'route-not-found'
  | 'method-not-allowed'
  | 'unauthenticated'
  | 'media-type-unsupported'
  | 'body-malformed'
  | 'body-too-large'
  | 'body-late'
  | 'invalid-input'
  | 'not-decided'
  | 'agent-refused'
  | 'agent-action-withheld'
  | 'agent-undetermined'
  | 'approval-not-found'
  | 'approval-conflict'
  | 'approvals-unreadable'
  | 'allow-list-not-ready'
  | 'internal-error';

interface Problem {
  readonly status: number;
  readonly title: string;
  readonly fix: string;
}

/** The largest body of a request, in bytes. The largest that a product sends is a few kB. */
export const maxBodyBytes = 65_536;

/** Every code with its meaning: a code without an entry does not compile. */
export const problems: Readonly<Record<ProblemCode, Problem>> = {
  'route-not-found': {
    status: 404,
    title: 'No such route',
    fix: 'Check the path: it matters to the last character, and nothing is redirected.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'The route does not answer this method',
    fix: 'Use a method that the Allow header names.',
  },
  unauthenticated: {
    status: 401,
    title: 'No usable token',
    fix: 'Send "Authorization: Bearer …" with the token that the sidecar was started with.',
  },
  'media-type-unsupported': {
    status: 415,
    title: 'The body is not declared as JSON',
    fix: 'Send "Content-Type: application/json" and no Content-Encoding.',
  },
  'body-malformed': {
    status: 400,
    title: 'The body is not strict JSON',
    fix: 'Send one JSON object in UTF-8, without a byte order mark and without repeated members.',
  },
  'body-too-large': {
    status: 413,
    title: 'The body is too large',
    fix: `Send at most ${maxBodyBytes} bytes, uncompressed.`,
  },
  'body-late': {
    status: 408,
    title: 'The body did not arrive in time',
    fix: 'Send the request again, in one go.',
  },
  'invalid-input': {
    status: 400,
    title: 'The request does not say what is expected',
    fix: 'Mend every place that "errors" names, and send the request again.',
  },
  'not-decided': {
    status: 503,
    title: 'There is no verdict in time',
    fix: 'Ask again: what was being read is kept. Until then treat the agent as refused.',
  },
  'agent-refused': {
    status: 403,
    title: "The agent's papers are not in order",
    fix: 'Look up the reason; "sealwright verify" shows every check.',
  },
  'agent-action-withheld': {
    status: 403,
    title: "The agent's papers do not permit all that was asked for",
    fix: 'Ask for less, or have the agent issued a credential that permits it.',
  },
  'agent-undetermined': {
    status: 403,
    title: "It could not be found out whether the agent's papers are in order",
    fix: 'Try again shortly: what could not be found out is refused.',
  },
  'approval-not-found': {
    status: 404,
    title: 'There is no such entry among the approvals',
    fix: 'Take the name from the list of approvals; a client is listed once it asked and had to wait.',
  },
  'approval-conflict': {
    status: 409,
    title: 'The document is not one that the client presented',
    fix: 'Read the entry again: look at what changed, and allow the digest that it shows.',
  },
  'approvals-unreadable': {
    status: 503,
    title: 'The store of approvals cannot be used',
    fix: 'Mend its file: the standard error of the sidecar says what is wrong. Nobody passes meanwhile.',
  },
  'allow-list-not-ready': {
    status: 503,
    title: 'Not every watched client was judged yet',
    fix: 'Ask again; keep to the list that you have for as long as it lives.',
  },
  'internal-error': {
    status: 500,
    title: 'Something went wrong in the sidecar',
    fix: 'Report the "instance" of this answer: the standard error of the sidecar names it.',
  },
};

/** A request that is refused before there is anything to judge. `headers` go out with the answer. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: ProblemCode;
  readonly detail: string | undefined;
  readonly faults: readonly Fault[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ProblemCode,
    options: {
      readonly detail?: string | undefined;
      readonly faults?: readonly Fault[];
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(code);
    this.code = code;
    this.detail = options.detail;
    this.faults = options.faults ?? [];
    this.headers = options.headers ?? {};
  }
}

/** The refusal as a problem document (RFC 9457 §3). */
export function problemAnswer(refusal: Refusal): Answer {
  const { code, detail, faults, headers } = refusal;
  const errors = faults.map((fault) => ({ pointer: fault.pointer, detail: fault.detail }));
  return problemOf(code, {
    headers,
    members: {
      ...(detail === undefined ? {} : { detail }),
      ...(errors.length === 0 ? {} : { errors }),
    },
  });
}

/** A problem document with members of its own (RFC 9457 §3.2). */
export function problemOf(
  code: ProblemCode,
  { members = {}, headers = {} }: { members?: JsonObject; headers?: Answer['headers'] } = {},
): Answer {
  const { status, title, fix } = problems[code];
  const type = `urn:sealwright:problem:${code}`;
  return {
    status,
    headers: { ...headers, 'Content-Type': 'application/problem+json' },
    body: { type, title, status, code, ...members, fix },
  };
}
