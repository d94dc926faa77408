import { type ExitCode, exitCodes } from './exit-codes.ts';

/** Why a command did not do its work, in words for people and a code for programs. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  readonly exitCode: ExitCode;
  readonly code: string;
  /** What to do about it. */
  readonly fix: string | null;
  /** Single places that are wrong, one line each. */
  readonly places: readonly string[];

  constructor(
    message: string,
    options: {
      readonly exitCode: ExitCode;
      readonly code: string;
      readonly fix?: string;
      readonly places?: readonly string[];
      readonly cause?: unknown;
    },
  ) {
    super(message, { cause: options.cause });
    this.exitCode = options.exitCode;
    this.code = options.code;
    this.fix = options.fix ?? null;
    this.places = options.places ?? [];
  }
}

/** The command line, a file it names or the configuration is not usable. */
export function usageFailure(message: string, places: readonly string[] = []): CommandFailure {
  return new CommandFailure(message, { exitCode: exitCodes.usage, code: 'usage', places });
}
