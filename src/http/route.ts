import type { z } from 'zod';
import type { CallOrigin } from '../audit/audit-event.ts';
import type { Caller, Registry } from '../journeys/registry.ts';
import type { Clock } from '../kernel/clock.ts';
import type { ErrorCode } from '../kernel/sealwright-error.ts';
import type { TokenScope } from '../organizations/api-token.ts';
import type { Organization } from '../organizations/organization.ts';
import type { Verifier } from '../verifier/ports.ts';
import type { Answer } from './answer.ts';
import { parseInput } from './input.ts';

const usualBodyBytes = 256 * 1024;

/** What routes act upon. */
export interface RoutePorts {
  readonly registry: Registry;
  /** The verifier that trusts this organization's own issuer, for its own client_ids and types. */
  readonly verifierOf: (organization: Organization, ownTypes: readonly string[]) => Verifier;
  readonly clock: Clock;
}

/** One call: who makes it, what its path names, and where it was addressed to. */
export interface Call {
  readonly ports: RoutePorts;
  readonly caller: Caller;
  /** The variable part of the path, decoded; empty for a path without one. */
  readonly target: string;
  /** A second variable part, decoded; empty for a path without one. */
  readonly part: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Where the call came from. */
  readonly from: CallOrigin;
  /** The `If-Match` header. */
  readonly ifMatch: string | undefined;
  /** All that the token permits, for calls whose needs show in what they are asked. */
  readonly scopes: readonly TokenScope[];
}

/** PUT is there for the standards that ask for it: nothing of our own is replaced as a whole. */
export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

/** What a call answers when it succeeds: the form of the body by status, null where there is none. */
export type RouteAnswers = Readonly<Partial<Record<200 | 201 | 202 | 204, z.ZodType | null>>>;

/** What a reader of the API's description learns about a call, beyond its address and scope. */
export interface RouteDescription {
  /** One line, as an order: "Onboard an agent". */
  readonly summary: string;
  readonly input: z.ZodType;
  readonly answers: RouteAnswers;
  /** The media type of its answers: JSON, but for streams. */
  readonly mediaType: string;
  /** What it may be refused with, beyond what any call may. */
  readonly refuses: readonly ErrorCode[];
  /** Whether its answers carry an `ETag`; a change of what has one minds `If-Match`. */
  readonly tagged: boolean;
}

/** The members by which a route describes itself. */
interface Described extends Pick<RouteDescription, 'summary' | 'answers'> {
  readonly mediaType?: string;
  readonly refuses?: readonly ErrorCode[];
  readonly tagged?: boolean;
}

function describe(spec: Described & { readonly input: z.ZodType }): RouteDescription {
  const { summary, input, answers, refuses = [], tagged = false } = spec;
  const { mediaType = 'application/json' } = spec;
  return { summary, input, answers, mediaType, refuses, tagged };
}

/** A route as data. The input is the JSON body of POST, PATCH and PUT, and the query of GET and DELETE. */
export interface RouteSpec<Input, Result> extends Described {
  readonly method: Method;
  /** Below `/api/v1`, with a variable part called `:target`, and one below it called `:part`. */
  readonly path: string;
  /** What the token must permit; null when any usable token will do. */
  readonly scope: TokenScope | null;
  /**
   * Whether tokens for one team or one agent may call this. The use case then shows and changes
   * nothing beyond the caller's reach. Absent: they may not.
   */
  readonly servesNarrowTokens?: boolean;
  /** Whether only platform tokens may call this. Absent: all with the scope may. */
  readonly forPlatform?: boolean;
  readonly input: z.ZodType<Input>;
  /** The most octets that a body may have; 256 kB unless told. */
  readonly maxBodyBytes?: number;
  readonly run: (call: Call, input: Input) => Promise<Result>;
  readonly view: (result: Result, call: Call) => Answer;
}

/** A route whose types are settled: what comes in is read, what goes out is rendered. */
export interface Route {
  readonly method: Method;
  readonly path: string;
  readonly scope: TokenScope | null;
  readonly servesNarrowTokens: boolean;
  readonly forPlatform: boolean;
  readonly maxBodyBytes: number;
  readonly description: RouteDescription;
  answer(call: Call, raw: unknown): Promise<Answer>;
}

/** Settles the types of a route: what does not fit its input throws `invalid-input` before it runs. */
export function route<Input, Result>(spec: RouteSpec<Input, Result>): Route {
  const { method, path, scope, servesNarrowTokens = false, forPlatform = false } = spec;
  const { maxBodyBytes = usualBodyBytes } = spec;
  return {
    method,
    path,
    scope,
    servesNarrowTokens,
    forPlatform,
    maxBodyBytes,
    description: describe(spec),
    answer: async (call, raw) => {
      const input = parseInput(spec.input, raw);
      return spec.view(await spec.run(call, input), call);
    },
  };
}

/** A call that no token opens: what it carries in its body has to. */
export type OpenCall = Omit<Call, 'caller' | 'scopes'>;

/** An open route as data. */
export interface OpenRouteSpec<Input, Result> extends Described {
  readonly method: 'POST';
  /** Below `/api/v1`. */
  readonly path: string;
  readonly input: z.ZodType<Input>;
  readonly run: (call: OpenCall, input: Input) => Promise<Result>;
  readonly view: (result: Result, call: OpenCall) => Answer;
}

/** A route that anybody may call. It has no scope, which is how it is told from the others. */
export interface OpenRoute {
  readonly method: 'POST';
  readonly path: string;
  readonly maxBodyBytes: number;
  readonly description: RouteDescription;
  answer(call: OpenCall, raw: unknown): Promise<Answer>;
}

/** Settles the types of an open route. */
export function openRoute<Input, Result>(spec: OpenRouteSpec<Input, Result>): OpenRoute {
  const { method, path } = spec;
  return {
    method,
    path,
    maxBodyBytes: usualBodyBytes,
    description: describe(spec),
    answer: async (call, raw) => {
      const input = parseInput(spec.input, raw);
      return spec.view(await spec.run(call, input), call);
    },
  };
}
