import { readSidecarSettings } from '../config/settings.ts';
import {
  decodeBitstring,
  parseBitstringStatusList,
  readBit,
} from '../protocol/bitstring-status-list.ts';
import { parseCompactJws } from '../protocol/compact-jws.ts';
import { type AgentCredential, parseAgentCredential } from '../protocol/credential-envelope.ts';
import type { BitstringEntry } from '../protocol/credential-status.ts';
import { maxJwtBytes, maxStatusListBytes } from '../protocol/limits.ts';
import { parseStrictJsonObject } from '../protocol/strict-json.ts';
import { decodeUtf8 } from '../protocol/utf8.ts';
import type { Fetch, TrustPolicy } from '../verifier/ports.ts';
import { textIn } from './api-client.ts';
import type { Invocation } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { CommandFailure, usageFailure } from './failure.ts';
import { guardFetch, refusedAsUsage } from './guard-fetch.ts';
import type { Observer, Sight } from './measure-change.ts';
import { readPolicy } from './read-policy.ts';

const everyMs = 100;
/** A sidecar has other work too. */
const sidecarEveryMs = 250;
const lookDeadlineMs = 6_000;

/** A credential as its own text has it. */
interface Paper {
  readonly jwt: string;
  readonly credential: AgentCredential;
}

/**
 * Everybody who is to know that a credential was revoked: the octets of its status list, the
 * registry, a verifier with default settings that nobody tells, and a sidecar where one was named.
 */
export async function readRevocationObservers(call: Invocation): Promise<readonly Observer[]> {
  const as = call.text('as');
  const endpoint = as === undefined ? [] : [endpointOf(as)];
  const policyPath = call.text('policy');
  const policy = policyPath === undefined ? null : await readPolicy(policyPath, call.terminal);
  const paper = await readPaper(call);
  const fetch = await guardFetch(call.flag('allowLoopback'));
  const entries = paper.credential.bitstringEntries.filter(
    ({ purpose }) => purpose === 'revocation',
  );
  return [
    ...entries.map((entry) => listObserver(fetch, entry)),
    registryObserver(call),
    await verifierObserver(paper, { fetch, policy: policy ?? policyFor(paper) }),
    ...endpoint.map((url) => sidecarObserver(call, { url, jwt: paper.jwt })),
  ];
}

async function readPaper(call: Invocation): Promise<Paper> {
  const path = credentialPath(call);
  const jwt = textIn(await call.api().call({ method: 'GET', path }), 'jwt');
  const jws = parseCompactJws(jwt, { maxBytes: maxJwtBytes, typ: ['vc+jwt'] });
  const credential = jws.ok ? parseAgentCredential(jws.value) : jws;
  if (credential.ok) return { jwt, credential: credential.value };
  throw new CommandFailure(
    'The credential cannot be followed: it is not signed, or not one of ours.',
    {
      exitCode: exitCodes.usage,
      code: 'not-measurable',
      fix: 'Revoke it without --measure.',
    },
  );
}

function credentialPath(call: Invocation): string {
  return `/credentials/${encodeURIComponent(call.argument(0))}`;
}

/** What any reader finds at the URL of the list, with whatever caches are on the way. */
function listObserver(fetch: Fetch, { list, index }: BitstringEntry): Observer {
  const look = async (): Promise<Sight> => {
    const deadline = Date.now() + lookDeadlineMs;
    const asked = { accept: 'application/vc+jwt', maxBytes: maxStatusListBytes, deadline };
    const outcome = await fetch(list, asked);
    if (!outcome.ok) return unseen(outcome.detail);
    if (outcome.response.status !== 200) return unseen(`status ${outcome.response.status}`);
    const bit = await bitIn(outcome.response.body, { list, index });
    if (bit === undefined) return unseen('not a status list');
    return bit ? { says: 'bit set', state: 'knows' } : { says: 'bit clear', state: 'before' };
  };
  return { name: 'status list', at: list, everyMs, look };
}

/** The bit as the octets have it; the signature is for those who rely on it. */
async function bitIn(
  body: Uint8Array,
  { list, index }: Pick<BitstringEntry, 'list' | 'index'>,
): Promise<boolean | undefined> {
  const jws = parseCompactJws(decodeUtf8(body), { maxBytes: maxStatusListBytes, typ: ['vc+jwt'] });
  const parsed = jws.ok ? parseBitstringStatusList(jws.value, { url: list }) : jws;
  const bits = parsed.ok ? await decodeBitstring(parsed.value.encodedList) : parsed;
  return bits.ok && index < bits.value.length * 8 ? readBit(bits.value, index) : undefined;
}

function registryObserver(call: Invocation): Observer {
  const api = call.api();
  const path = credentialPath(call);
  const look = async (): Promise<Sight> => {
    try {
      const says = textIn(await api.call({ method: 'GET', path }), 'state');
      return { says, state: says === 'revoked' ? 'knows' : 'before' };
    } catch (error) {
      return unseen(error instanceof CommandFailure ? error.code : 'no answer');
    }
  };
  return { name: 'registry', at: `/api/v1${path}`, everyMs, look };
}

async function verifierObserver(
  { jwt, credential }: Paper,
  { fetch, policy }: { readonly fetch: Fetch; readonly policy: TrustPolicy },
): Promise<Observer> {
  const { createVerifier } = await import('../verifier/index.ts');
  const verifier = refusedAsUsage(() => createVerifier({ fetch, policy }));
  const look = async () => sightOf(await verifier.verifyCredential(jwt));
  return { name: 'verifier', at: credential.issuer, everyMs, look };
}

/** A policy that trusts the issuer of this credential for this client, and nobody else. */
function policyFor({ credential }: Paper): TrustPolicy {
  const { issuer, subjectId, types } = credential;
  const clientIds = [subjectId.slice(0, subjectId.lastIndexOf('/') + 1)];
  const credentialTypes = types.filter((type) => type !== 'VerifiableCredential');
  return { mode: 'enforce', trust: [{ issuer, clientIds, credentialTypes }] };
}

function endpointOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '') {
    throw usageFailure('--as is the http or https URL of a sidecar.');
  }
  return url.pathname === '/' ? new URL('/api/v1/verify', url) : url;
}

function sidecarObserver(
  call: Invocation,
  { url, jwt }: { readonly url: URL; readonly jwt: string },
): Observer {
  const settings = readSidecarSettings(call.terminal.env);
  const token = settings.ok ? settings.value.sidecarToken : undefined;
  const headers = {
    'Content-Type': 'application/json',
    ...(token === undefined ? {} : { Authorization: `Bearer ${token.reveal()}` }),
  };
  const look = async (): Promise<Sight> => {
    try {
      const signal = AbortSignal.timeout(lookDeadlineMs);
      const body = JSON.stringify({ jwt });
      // A redirect would carry the token elsewhere.
      const response = await globalThis.fetch(url, {
        method: 'POST',
        headers,
        body,
        redirect: 'error',
        signal,
      });
      const json = parseStrictJsonObject(new Uint8Array(await response.arrayBuffer()));
      if (response.status !== 200 || !json.ok) return unseen(`status ${response.status}`);
      const { outcome, reason } = json.value;
      return sightOf({
        outcome: String(outcome),
        reason: typeof reason === 'string' ? reason : null,
      });
    } catch {
      return unseen('no answer');
    }
  };
  return { name: 'sidecar', at: url.href, everyMs: sidecarEveryMs, look };
}

/** A refusal for another reason than the revocation is no sign of it. */
function sightOf({
  outcome,
  reason,
}: {
  readonly outcome: string;
  readonly reason: string | null;
}): Sight {
  const says = reason === null ? outcome : `${outcome} (${reason})`;
  if (reason === 'status-revoked') return { says, state: 'knows' };
  return { says, state: outcome === 'accepted' ? 'before' : 'unable' };
}

function unseen(why: string): Sight {
  return { says: why, state: 'unable' };
}
