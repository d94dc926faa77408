/** What the exit code of every command means. */
export const exitCodes = {
  /** Accepted, or done. */
  ok: 0,
  rejected: 1,
  /** The command line or the configuration is wrong. */
  usage: 2,
  undetermined: 3,
  /** The papers are in order, but no policy said whom to trust. */
  untrusted: 4,
  /** The service refused, failed or could not be reached. */
  server: 5,
  /** `diff` found that something would change. */
  differs: 10,
} as const;

/** What a command may end with, and nothing else. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
