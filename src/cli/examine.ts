import { isAuthorizationDetail } from '../protocol/authorization-details.ts';
import { parseStrictJson } from '../protocol/strict-json.ts';
import type { ApprovalStore } from '../verifier/approvals.ts';
import type { AccessRequest, TrustPolicy } from '../verifier/ports.ts';
import type { Report } from '../verifier/verdict.ts';
import type { Invocation, Parameter } from './command.ts';
import { type Examined, recognize } from './examined.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { CommandFailure, usageFailure } from './failure.ts';
import { guardFetch, refusedAsUsage } from './guard-fetch.ts';
import { approvalsParameter, readApprovals } from './read-approvals.ts';
import { readPolicy } from './read-policy.ts';

/** The parameters that `verify` and `inspect` share. */
export const examineParameters: {
  readonly arguments: readonly Parameter[];
  readonly options: readonly Parameter[];
} = {
  arguments: [{ form: '<input>', help: 'a URL, a DID, a compact JWT, a file, or "-"' }],
  options: [
    { form: '--policy <file>', help: 'whom to trust (trust.yaml); without it nobody is' },
    approvalsParameter,
    { form: '--scope <scopes>', help: 'scopes asked for, separated by blanks' },
    { form: '--authorization-details <json>', help: 'RFC 9396 objects asked for, as an array' },
    { form: '--allow-loopback', help: 'read http://localhost too; for development only' },
  ],
};

/** What was examined, and what came out. */
export interface Examination {
  readonly examined: Examined;
  readonly report: Report;
  /** Whether a policy said whom to trust. */
  readonly judged: boolean;
}

/**
 * Examines what was typed. With a policy the verifier judges, and fetches nothing for an issuer
 * that is not trusted; without one the papers are only inspected, which is said on standard error.
 */
export async function examine(call: Invocation): Promise<Examination> {
  const allowLoopback = call.flag('allowLoopback');
  const path = call.text('policy');
  if (path === '-' && call.argument(0) === '-') {
    throw usageFailure('Standard input is either the policy or the papers.');
  }
  const policy = path === undefined ? null : await readPolicy(path, call.terminal);
  const examined = await recognize(call.argument(0), { terminal: call.terminal, allowLoopback });
  if (policy === null && !call.json) {
    call.say('No policy: what the papers name is fetched, and nobody is trusted. See --policy.');
  }
  const approvals = await readApprovals(call);
  if (policy === null && approvals !== undefined) throw usageFailure('--approvals needs --policy.');
  const request = requestIn(call);
  const report = await reportOn(examined, { policy, approvals, allowLoopback, request });
  checkSubject(examined, report);
  return { examined, report, judged: policy !== null };
}

function requestIn(call: Invocation): AccessRequest {
  const scope = call.text('scope');
  const details = call.text('authorizationDetails');
  return {
    ...(scope === undefined ? {} : { scope }),
    ...(details === undefined ? {} : { authorizationDetails: readDetails(details) }),
  };
}

function readDetails(text: string) {
  const parsed = parseStrictJson(text);
  const details = parsed.ok && Array.isArray(parsed.value) ? parsed.value : [null];
  if (details.every(isAuthorizationDetail)) return details;
  throw usageFailure('--authorization-details is a JSON array of objects that have a "type".');
}

/** Refuses papers that speak about another DID than the one that was typed. */
export function checkSubject(examined: Examined, report: Report): void {
  const { did } = report.subject;
  if (examined.kind === 'jwt' || examined.did === null) return;
  if (did === null || did === examined.did) return;
  throw new CommandFailure(`The papers at ${examined.value} name another DID, ${did}.`, {
    exitCode: exitCodes.rejected,
    code: 'subject-mismatch',
  });
}

async function reportOn(
  examined: Examined,
  order: {
    readonly policy: TrustPolicy | null;
    readonly approvals: ApprovalStore | undefined;
    readonly allowLoopback: boolean;
    readonly request: AccessRequest;
  },
): Promise<Report> {
  const { policy, approvals, request, allowLoopback } = order;
  const [{ createInspector, createVerifier }, fetch] = await Promise.all([
    import('../verifier/index.ts'),
    guardFetch(allowLoopback),
  ]);
  const isJwt = examined.kind === 'jwt';
  if (policy === null) {
    const inspector = createInspector({ fetch });
    if (isJwt) return inspector.inspectCredential(examined.value, request);
    return inspector.inspectClient(examined.value, request);
  }
  // A policy that is well formed can still ask for what this verifier must not do.
  const kept = approvals === undefined ? {} : { approvals };
  const verifier = refusedAsUsage(() => createVerifier({ fetch, policy, ...kept }));
  const verdict = isJwt
    ? await verifier.verifyCredential(examined.value, request)
    : await verifier.verifyClient(examined.value, request);
  return verdict.report;
}

/** The exit code that an examination comes to. */
export function exitCodeOf({ report, judged }: Pick<Examination, 'report' | 'judged'>): ExitCode {
  if (report.outcome === 'rejected') return exitCodes.rejected;
  if (report.outcome === 'undetermined') return exitCodes.undetermined;
  return judged ? exitCodes.ok : exitCodes.untrusted;
}
