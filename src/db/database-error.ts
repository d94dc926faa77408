import { SealwrightError } from '../kernel/sealwright-error.ts';
import { Prisma } from './generated/client.ts';

/** What PostgreSQL, the driver or Prisma said, as far as it decides what to do next. */
interface DriverFault {
  readonly code: string;
  readonly message: string;
}

const conflictCodes = /^(40001|40P01|P2034)$/;
/** Lost connections, ended sessions and shutdowns (08, 25P03, 57P), exhausted resources (53), Prisma's own names for them. */
const unavailableCodes =
  /^(08...|25P03|53...|57P..|P1\d{3}|P2024|P2028|ENOENT|ENOTFOUND|EPIPE|ECONNREFUSED|ECONNRESET|ETIMEDOUT)$/;
/** What the server says when a limit of the session ended a statement. */
const lockTimeout = '55P03';
const statementTimeout = '57014';
const unavailableMessages = /connection|timeout exceeded/i;

/** Whether running the whole transaction again may help. */
export function isConflict(error: unknown): boolean {
  if (error instanceof SealwrightError) return error.code === 'conflict-retry';
  return conflictCodes.test(faultOf(error).code);
}

/**
 * Lost databases, and those that take too long, become `storage-unavailable`; a wait for others that
 * took too long becomes `conflict-retry`. Refusals and mistakes of our own stay as they are.
 */
export function translateError(error: unknown): unknown {
  if (error instanceof SealwrightError) return error;
  const { code, message } = faultOf(error);
  if (code === lockTimeout) {
    return new SealwrightError(
      'conflict-retry',
      'Others were changing the same things for longer than this may wait. Try again.',
      { cause: error },
    );
  }
  if (code === statementTimeout) {
    return new SealwrightError('storage-unavailable', 'The database took too long over its work.', {
      cause: error,
    });
  }
  const lost = unavailableCodes.test(code) || (code === '' && unavailableMessages.test(message));
  if (!lost) return error;
  return new SealwrightError('storage-unavailable', 'The database cannot be reached.', {
    cause: error,
  });
}

/** Awaits a write and throws the refusal instead when a unique constraint stops it. */
export async function refuseDuplicate<Result>(
  write: PromiseLike<Result>,
  refusal: () => SealwrightError,
): Promise<Result> {
  try {
    return await write;
  } catch (error) {
    throw faultOf(error).code === '23505' ? refusal() : error;
  }
}

function faultOf(error: unknown): DriverFault {
  if (!(error instanceof Error)) return { code: '', message: String(error) };
  const own = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (!(error instanceof Prisma.PrismaClientKnownRequestError)) {
    return { code: own, message: error.message };
  }
  const driver = error.meta?.['driverAdapterError'] as
    | { readonly cause?: { readonly originalCode?: string } }
    | undefined;
  return { code: driver?.cause?.originalCode ?? own, message: error.message };
}
