import { findingOf, standardRules } from '../lint/standard-rules.ts';
import type { LintInput } from '../lint/subject.ts';
import { findUrlDefects } from '../lint/url-defects.ts';
import type { FetchOutcome } from '../verifier/ports.ts';
import type { Invocation } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { CommandFailure, usageFailure } from './failure.ts';
import { guardFetch } from './guard-fetch.ts';
import { shortened } from './paint.ts';
import { nameOf, readOctets } from './read-file.ts';

/** What was typed, and the document behind it. */
export interface Linted {
  readonly kind: 'url' | 'file' | 'stdin';
  readonly value: string;
  readonly input: LintInput;
}

/** Twice what the most generous server reads. */
const maxBytes = 1_048_576;
const fetchDeadlineMs = 5_000;

/**
 * Reads what is to be linted: a URL through the guard, a file, or standard input for `-`. Throws
 * when there is nothing to lint: exit 2 for what was typed, exit 3 for what could not be read. An
 * answer that servers refuse, such as a redirect, is something to lint.
 */
export async function readLinted(call: Invocation): Promise<Linted> {
  const value = call.argument(0);
  const url = call.text('url');
  const allowLoopback = call.flag('allowLoopback');
  if (looksLikeUrl(value)) {
    if (url !== undefined) throw usageFailure('--url is for files: a URL is its own.');
    return { kind: 'url', value, input: await readUrl(value, allowLoopback) };
  }
  const body = await readOctets(value, { terminal: call.terminal, maxBytes });
  if (body === undefined) throw tooLarge(nameOf(value));
  const input = { body, allowLoopback, ...(url === undefined ? {} : { url }) };
  return { kind: value === '-' ? 'stdin' : 'file', value, input };
}

/** A scheme of two letters or more: one letter is a drive. */
export function looksLikeUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]+:/i.test(text);
}

async function readUrl(url: string, allowLoopback: boolean): Promise<LintInput> {
  refuseUrl(url, allowLoopback);
  const fetch = await guardFetch(allowLoopback);
  const outcome = await fetch(url, {
    accept: 'application/json',
    maxBytes,
    deadline: Date.now() + fetchDeadlineMs,
  });
  if (outcome.ok) {
    const { body, status, headers } = outcome.response;
    return { body, url, allowLoopback, response: { status, headers } };
  }
  if (outcome.failure !== 'redirect') throw unread(url, outcome);
  const response = { status: 'redirect', headers: new Map<string, string>() } as const;
  return { body: new Uint8Array(), url, allowLoopback, response };
}

/** A URL that cannot be a client_id names no document, so that nothing is fetched. */
export function refuseUrl(url: string, allowLoopback: boolean): void {
  const defect = findUrlDefects(url, { allowLoopback }).find(
    (id) => standardRules[id].severity === 'error',
  );
  if (defect === undefined) return;
  const { message, fix } = findingOf(defect, ['']);
  throw new CommandFailure(`${shortened(url)} cannot be a client_id. ${message}`, {
    exitCode: exitCodes.usage,
    code: defect,
    fix,
  });
}

function unread(url: string, outcome: Extract<FetchOutcome, { readonly ok: false }>) {
  const { failure, detail } = outcome;
  if (failure === 'too-large') return tooLarge(shortened(url));
  const fix =
    failure === 'blocked'
      ? 'Use a public https URL; --allow-loopback reads localhost, for development.'
      : 'Try again, or lint the document as a file with --url.';
  return new CommandFailure(`${shortened(url)} could not be read: ${detail}.`, {
    exitCode: exitCodes.undetermined,
    code: failure === 'blocked' ? 'fetch-blocked' : 'fetch-failed',
    fix,
  });
}

function tooLarge(what: string): CommandFailure {
  return new CommandFailure(`${what} is larger than ${maxBytes} octets; no more is read.`, {
    exitCode: exitCodes.undetermined,
    code: 'document-too-large',
    fix: 'Servers read 5,120 octets of client metadata.',
  });
}
