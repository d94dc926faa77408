import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';
import type { LogLevel } from '../config/env.ts';

export type { Logger } from 'pino';

/** Members that never reach a line, wherever a caller puts them. */
const secretMembers = [
  'authorization',
  'cookie',
  'token',
  'text',
  'jwt',
  'jwk',
  'privateJwk',
  'masterKey',
  'databaseUrl',
  'adminToken',
  'password',
  'body',
];

/**
 * A logger that writes one JSON line per event to standard output, or to `destination`. Errors
 * appear with type, message and stack alone, because their other members may hold what a peer sent.
 */
export function createLog(level: LogLevel, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: {
      paths: secretMembers.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
      censor: '[secret]',
    },
    serializers: { err: describeError },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

interface LoggedError {
  readonly type: string;
  readonly message: string;
  readonly stack?: string | undefined;
  readonly cause?: LoggedError;
}

function describeError(error: unknown): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: 'not an Error' };
  const { name, message, stack, cause } = error;
  const described = { type: name, message, stack };
  return cause instanceof Error ? { ...described, cause: describeError(cause) } : described;
}
