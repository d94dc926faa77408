import type { IncomingHttpHeaders } from 'node:http';
import { accepted, type Parsed, refused } from '../../protocol/parsed.ts';
import { ok } from '../answer.ts';
import { type Hook, questionAbout } from '../hook.ts';
import { problemOf } from '../problems.ts';
import { type Ruling, refusalCode } from '../ruling.ts';

const clientHeader = 'x-sealwright-client-id';
const scopeHeader = 'x-sealwright-scope';
const maxHeaderLength = 4_096;

/**
 * Envoy's external authorization over HTTP: 200 lets the request through, and every refusal is a 403.
 * A 5xx would be an error to Envoy, which `failure_mode_allow` turns into a yes.
 */
export const envoy: Hook = {
  path: '/ext_authz',
  reads: 'headers',
  // Envoy waits for 200 milliseconds unless configured otherwise.
  answerWithinMs: 150,
  read: ({ headers }, desk) => {
    const client = textOf(headers, clientHeader);
    const scope = textOf(headers, scopeHeader);
    if (!scope.ok) return scope;
    const tokens = scope.value.split(' ').filter((token) => token !== '');
    return questionAbout(client, accepted(tokens), desk);
  },
  render: (ruling) => {
    const headers = headersOf(ruling);
    if (ruling.passes) return ok('', { ...headers, 'Content-Type': 'text/plain' });
    const { reason, report } = ruling;
    const members = { reason, report: report?.report ?? null };
    return problemOf(refusalCode(ruling), { members, headers });
  },
};

// A header that is absent names no client, which the verifier refuses: in monitor mode it passes.
function textOf(headers: IncomingHttpHeaders, name: string): Parsed<string> {
  const value = headers[name] ?? '';
  return typeof value === 'string' && value.length <= maxHeaderLength
    ? accepted(value)
    : refused('', 'header', `${name} must be at most ${maxHeaderLength} characters`);
}

function headersOf({ outcome, granted, report }: Ruling): Readonly<Record<string, string>> {
  const scopes = granted.filter((grant) => typeof grant === 'string').join(' ');
  return {
    'x-sealwright-outcome': outcome,
    ...(report === null ? {} : { 'x-sealwright-report': report.report }),
    ...(scopes === '' ? {} : { 'x-sealwright-granted': scopes }),
  };
}
