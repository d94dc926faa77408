import { env } from 'node:process';
import type { GateLimits } from './gate.ts';
import { type ResolveHost, resolveBySystem } from './resolve-host.ts';

/** Bounds on the requests of one guarded fetch; whole numbers. */
export interface FetchLimits {
  /** Requests under way at a time, at least 1; 64 by default. */
  readonly total?: number;
  /** Requests under way at a time to one host and port, at least 1; 4 by default. */
  readonly perHost?: number;
  /** Requests that wait for their turn, 1,000 by default; one more is refused at once. */
  readonly waiting?: number;
}

/** What may be set about the guarded fetch; nothing loosens it but `allowLoopback`. */
export interface GuardedFetchOptions {
  /** Reads plain http and loopback hosts (`localhost`, `*.localhost`) too. Development only. */
  readonly allowLoopback?: boolean;
  /** PEM certificates to trust instead of Node's own roots. */
  readonly ca?: string | readonly string[];
  /** Replaces the system's resolver; what it answers is still filtered. */
  readonly resolveHost?: ResolveHost;
  readonly limits?: FetchLimits;
  /** Where the two variables are read; the process's environment by default. */
  readonly environment?: {
    readonly NODE_ENV?: string | undefined;
    readonly NODE_TLS_REJECT_UNAUTHORIZED?: string | undefined;
  };
}

/** Options that hold, with everything in its place. */
export interface Guard {
  readonly allowLoopback: boolean;
  readonly ca: string | string[] | undefined;
  readonly resolveHost: ResolveHost;
  readonly limits: GateLimits;
}

const defaults = { total: 64, perHost: 4, waiting: 1_000 } as const;
const known: readonly string[] = ['allowLoopback', 'ca', 'resolveHost', 'limits', 'environment'];

/**
 * Reads the options of `guardedFetch`.
 *
 * @throws TypeError for options that are wrong or unknown, and for an environment in which the
 *   guard would not be one.
 */
export function readGuardOptions(options: GuardedFetchOptions): Guard {
  const { allowLoopback = false, ca, resolveHost = resolveBySystem, environment = env } = options;
  const stranger = Object.keys(options).find((option) => !known.includes(option));
  if (stranger !== undefined) {
    throw wrong(stranger);
  }
  if (typeof allowLoopback !== 'boolean') throw wrong('allowLoopback');
  if (!isPem(ca)) throw wrong('ca');
  if (typeof resolveHost !== 'function') throw wrong('resolveHost');
  if (environment.NODE_ENV === 'production') {
    requireProduction(allowLoopback, environment.NODE_TLS_REJECT_UNAUTHORIZED);
  }
  return {
    allowLoopback,
    ca: ca === undefined || typeof ca === 'string' ? ca : [...ca],
    resolveHost,
    limits: readLimits(options.limits ?? {}),
  };
}

function requireProduction(allowLoopback: boolean, rejectUnauthorized: string | undefined): void {
  if (allowLoopback) {
    throw new TypeError('guardedFetch: allowLoopback is refused when NODE_ENV is production');
  }
  // The sockets of the guard check certificates all the same; what else the process asks for in
  // order to decide about a client, such as tokens and keys, would come from anybody.
  if (rejectUnauthorized === '0') {
    throw new TypeError(
      'guardedFetch: NODE_TLS_REJECT_UNAUTHORIZED=0 is refused when NODE_ENV is production',
    );
  }
}

function readLimits(limits: FetchLimits): GateLimits {
  const { total = defaults.total, perHost = defaults.perHost, waiting = defaults.waiting } = limits;
  if (Object.keys(limits).some((limit) => !Object.hasOwn(defaults, limit))) throw wrong('limits');
  if (!isWhole(total, 1)) throw wrong('limits.total');
  if (!isWhole(perHost, 1)) throw wrong('limits.perHost');
  if (!isWhole(waiting, 0)) throw wrong('limits.waiting');
  return { total, perName: perHost, waiting };
}

function isWhole(value: unknown, least: number): boolean {
  return Number.isSafeInteger(value) && Number(value) >= least;
}

function isPem(ca: unknown): boolean {
  const certificates = Array.isArray(ca) ? ca : [ca];
  return ca === undefined || certificates.every((one) => typeof one === 'string');
}

function wrong(option: string): TypeError {
  return new TypeError(`guardedFetch: wrong option ${option}`);
}
