import { connect } from 'node:tls';
import { didWebOf, didWebUrl, parseDidWeb } from '../protocol/did-web.ts';
import type { Fetch, FetchedResponse } from '../verifier/ports.ts';
import { type CheckResult, fail, pass, skipped, warn } from './check.ts';

const deadlineMs = 5_000;
const maxBytes = 64 * 1024;
const dayMs = 86_400_000;
const renewDays = 14;
const toleratedSkewMs = 5_000;

/** The public documents as a stranger gets them, through whatever stands in front of the service. */
export async function checkPublicSite(
  baseUrl: string,
  fetch: Fetch,
): Promise<readonly CheckResult[]> {
  const urls = [didDocumentUrlOf(baseUrl), `${baseUrl}/jwks.json`];
  const results: CheckResult[] = [];
  let answered: FetchedResponse | null = null;
  for (const url of urls) {
    const outcome = await fetch(url, {
      accept: 'application/json',
      maxBytes,
      deadline: Date.now() + deadlineMs,
    });
    if (outcome.ok) answered = outcome.response;
    results.push(
      outcome.ok ? checkResponse(url, outcome.response) : notReached(url, outcome.detail),
    );
  }
  if (answered !== null) results.push(checkClock(answered));
  return [...results, await checkCertificate(new URL(baseUrl))];
}

function didDocumentUrlOf(baseUrl: string): string {
  const did = parseDidWeb(didWebOf(baseUrl));
  if (!did.ok) throw new TypeError(`${baseUrl} has no did:web.`);
  return didWebUrl(did.value, baseUrl.startsWith('http:') ? 'http' : 'https');
}

function notReached(url: string, detail: string): CheckResult {
  const fix = 'Let the name resolve to the proxy or to the service, and open the way from outside.';
  return fail('public-documents', `${url} cannot be read: ${detail}.`, fix);
}

function checkResponse(url: string, { status, headers }: FetchedResponse): CheckResult {
  const fault = faultOf(status, headers);
  if (fault === null) return pass('public-documents', url);
  const fix = 'Have the proxy pass requests and answers through as they are.';
  return fail('public-documents', `${url} ${fault}.`, fix);
}

function faultOf(status: number, headers: FetchedResponse['headers']): string | null {
  if (status !== 200) return `answers ${status}`;
  const type = headers.get('content-type') ?? 'nothing';
  if (!/^application\/json\b/.test(type)) return `is called ${type}`;
  if (!headers.has('etag')) return 'has no ETag: something on the way takes it off';
  if (headers.has('set-cookie')) return 'sets a cookie: something on the way adds it';
  return null;
}

function checkClock({ headers }: FetchedResponse): CheckResult {
  const date = Date.parse(headers.get('date') ?? '');
  if (Number.isNaN(date)) return skipped('public-clock', 'the answer has no date');
  const skewMs = Math.abs(Date.now() - date);
  if (skewMs <= toleratedSkewMs)
    return pass('public-clock', 'the site has the time of this machine');
  return warn(
    'public-clock',
    `The clocks of the site and of this machine are ${Math.round(skewMs / 1_000)} s apart.`,
    'Have both follow a time server: verifiers tolerate 60 s.',
  );
}

async function checkCertificate(url: URL): Promise<CheckResult> {
  const id = 'public-certificate';
  if (url.protocol !== 'https:') return skipped(id, 'plain http, for development');
  const ends = await readCertificateEnd(url);
  if (ends === null) return skipped(id, 'no certificate could be read');
  const days = Math.floor((ends.getTime() - Date.now()) / dayMs);
  if (days >= renewDays) return pass(id, `holds for ${days} more days`);
  return (days < 0 ? fail : warn)(
    id,
    `The certificate of ${url.host} ${days < 0 ? 'has ended' : `ends in ${days} days`}.`,
    'Renew it: without it every agent of the organization is undetermined.',
  );
}

/** It is only looked at: whether it is trusted was for the readings before. */
function readCertificateEnd(url: URL): Promise<Date | null> {
  return new Promise((resolve) => {
    const socket = connect({
      host: url.hostname,
      port: Number(url.port || 443),
      servername: url.hostname,
      rejectUnauthorized: false,
      timeout: deadlineMs,
    });
    const end = (date: Date | null): void => {
      socket.destroy();
      resolve(date);
    };
    socket.once('secureConnect', () => end(new Date(socket.getPeerCertificate().valid_to)));
    socket.once('timeout', () => end(null));
    socket.once('error', () => end(null));
  });
}
