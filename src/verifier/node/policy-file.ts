import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Parsed } from '../../protocol/parsed.ts';
import { refused } from '../../protocol/parsed.ts';
import { parseStrictJson } from '../../protocol/strict-json.ts';
import type { TrustPolicy, Verifier } from '../ports.ts';
import { parseTrustPolicy } from '../trust-policy.ts';

/** Where a policy is, and how its text is read. */
export interface PolicyFile {
  readonly path: string;
  /**
   * Turns the text into plain data and throws when it cannot; strict JSON unless given. For YAML
   * pass a parser that keeps dates as text and refuses duplicate names.
   */
  readonly parse?: (text: string) => unknown;
}

/** How a policy file is followed. */
export interface FollowOptions {
  /**
   * Called after every reading with the policy that is now in force, or with the faults for which
   * the one before it still is: the place to raise an alarm.
   */
  readonly onReload: (taken: Parsed<TrustPolicy>) => void;
  /** How often the file is looked at, in milliseconds; 2,000 unless given. */
  readonly everyMs?: number;
}

/** Follows a policy file until it is closed. */
export interface PolicyFollower {
  /** Reads the file now, changed or not, for instance on SIGHUP. */
  reload(): Promise<Parsed<TrustPolicy>>;
  close(): void;
}

const usualPauseMs = 2_000;

/** The policy in a file, or every fault of it. Never throws. */
export async function readPolicyFile({ path, parse }: PolicyFile): Promise<Parsed<TrustPolicy>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    return refused('', 'policy-unreadable', `the file cannot be read (${codeOf(error)})`);
  }
  if (parse === undefined) {
    const json = parseStrictJson(text);
    return json.ok ? parseTrustPolicy(json.value) : json;
  }
  try {
    return parseTrustPolicy(parse(text));
  } catch {
    return refused('', 'policy-syntax', 'the file is not in its format');
  }
}

/**
 * Has a verifier follow a policy file. A file that is broken, half written or gone leaves the policy
 * in force that was in force before, and says so: trust never becomes empty, or everything, by
 * accident. Looks by time of change rather than by events, so that mounted and linked files work.
 */
export function followPolicyFile(
  verifier: Pick<Verifier, 'replacePolicy'>,
  file: PolicyFile,
  { onReload, everyMs = usualPauseMs }: FollowOptions,
): PolicyFollower {
  let turn: Promise<unknown> = Promise.resolve();
  const take = async (): Promise<Parsed<TrustPolicy>> => {
    const parsed = await readPolicyFile(file);
    const taken = parsed.ok ? verifier.replacePolicy(parsed.value) : parsed;
    onReload(taken);
    return taken;
  };
  // One after the other: of two changes the later one has the last word.
  const reload = (): Promise<Parsed<TrustPolicy>> => {
    const next = turn.then(take);
    turn = next.catch(() => undefined);
    return next;
  };
  const changed = (): void => {
    reload().catch(() => undefined);
  };
  watchFile(file.path, { interval: everyMs, persistent: false }, changed);
  return { reload, close: () => unwatchFile(file.path, changed) };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
