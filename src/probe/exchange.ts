import type { IncomingMessage } from 'node:http';
import { Agent as HttpAgent, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { judgePeer } from '../verifier/node/dial.ts';
import {
  AddressRefused,
  lookupLoopback,
  lookupPublic,
} from '../verifier/node/dialled-addresses.ts';
import { judgeUrl } from '../verifier/node/fetchable-url.ts';
import { inflateAtOnce } from '../verifier/node/inflate.ts';
import { isLoopbackAddress, isPublicAddress } from '../verifier/node/public-address.ts';
import type { ResolveHost } from '../verifier/node/resolve-host.ts';

/** One request; what is not among the headers is not sent, User-Agent and Accept included. */
export interface Question {
  readonly method: 'GET' | 'HEAD';
  readonly headers: Readonly<Record<string, string>>;
}

/** What came back, whatever its status, and whatever it is. */
export interface Received {
  readonly ok: true;
  readonly status: number;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  /** Decompressed; empty where that cannot be done. */
  readonly body: Uint8Array;
  /** Octets of the body as they travelled. */
  readonly wireBytes: number;
  /** There was more than the cap, and no more was read. */
  readonly cut: boolean;
  /** By an encoding that was not asked for, or broken. */
  readonly undecodable: boolean;
  /** From the dial to the last octet, milliseconds. */
  readonly ms: number;
}

/** Why nothing came back. `blocked` is a refusal of ours. */
export interface NotReceived {
  readonly ok: false;
  readonly cause: 'blocked' | 'timeout' | 'failed';
  readonly detail: string;
  readonly ms: number;
}

/** The end of one request. */
export type Answer = Received | NotReceived;

/** Asks one question of one URL, over a connection of its own, by the deadline at the latest. */
export type Ask = (url: string, question: Question, deadline: number) => Promise<Answer>;

/** How the probe may dial; the same rules as the verifier's guarded fetch. */
export interface Dialling {
  readonly allowLoopback: boolean;
  readonly ca: string | undefined;
  readonly resolveHost: ResolveHost;
}

/** The most that is read of any body, octets: as much as the largest status list. */
export const maxProbedBytes = 1_048_576;
const maxHeaderBytes = 16_384;
/** How long one address of several is tried; Node's quarter of a second gives up in a hiccup. */
const attemptMs = 1_000;

/**
 * Asks like the guarded fetch, and tells more: every status with its body, what travelled, and how
 * long it took. Never follows a redirect, sends no credentials, checks certificates, and dials
 * public addresses only, or loopback names where that is allowed. Never throws for what a peer does.
 */
export function createAsk(dialling: Dialling): Ask {
  const publicLookup = lookupPublic(dialling.resolveHost);
  const agents = createAgents(dialling);
  return async (text, question, deadline) => {
    const start = performance.now();
    const since = () => Math.round(performance.now() - start);
    const judged = judgeUrl(text, dialling.allowLoopback);
    if (!judged.ok) return { ok: false, cause: 'blocked', detail: judged.detail, ms: 0 };
    const { url, loopback } = judged;
    return new Promise((resolve) => {
      const request = (url.protocol === 'http:' ? requestHttp : requestHttps)(url, {
        ...question,
        agent: url.protocol === 'http:' ? agents.plain : agents.secure,
        lookup: loopback ? lookupLoopback : publicLookup,
        maxHeaderSize: maxHeaderBytes,
        insecureHTTPParser: false,
      });
      const settle = (answer: Answer) => {
        clearTimeout(timer);
        resolve(answer);
        request.destroy();
      };
      const fail = (cause: NotReceived['cause'], detail: string) =>
        settle({ ok: false, cause, detail, ms: since() });
      const timer = setTimeout(
        () => fail('timeout', 'no whole answer in time'),
        Math.max(0, deadline - Date.now()),
      );
      const isMeant = loopback ? isLoopbackAddress : isPublicAddress;
      request.on('socket', (socket) => judgePeer(request, socket, isMeant));
      request.on('error', (error) => {
        if (error instanceof AddressRefused) fail('blocked', error.message);
        else fail('failed', codeOf(error));
      });
      request.on('upgrade', () => fail('failed', 'another protocol'));
      request.on('response', (message) => {
        receive(message).then(
          (received) => settle({ ...received, ms: since() }),
          (error: unknown) => fail('failed', codeOf(error)),
        );
      });
      request.end();
    });
  };
}

/** Every request has a connection of its own, and every one of those a full handshake. */
function createAgents({ ca }: Dialling) {
  const sockets = {
    keepAlive: false,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: attemptMs,
  };
  const certificates = ca === undefined ? {} : { ca };
  return {
    plain: new HttpAgent(sockets),
    secure: new HttpsAgent({
      ...sockets,
      ...certificates,
      maxCachedSessions: 0,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
    }),
  };
}

/** The code of the system or of OpenSSL; a message could carry what the peer sent. */
function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'no code';
  return code.slice(0, 60);
}

async function receive(message: IncomingMessage): Promise<Omit<Received, 'ms'>> {
  const chunks: Uint8Array[] = [];
  let wireBytes = 0;
  for await (const chunk of message as AsyncIterable<Uint8Array>) {
    wireBytes += chunk.byteLength;
    if (wireBytes > maxProbedBytes) break;
    chunks.push(chunk);
  }
  const headers = headersOf(message);
  const cut = wireBytes > maxProbedBytes;
  const body = cut ? new Uint8Array() : decode(Buffer.concat(chunks), headers);
  return {
    ok: true,
    status: message.statusCode ?? 0,
    headers,
    body: body ?? new Uint8Array(),
    wireBytes,
    cut,
    undecodable: body === undefined,
  };
}

function decode(octets: Uint8Array, headers: Received['headers']): Uint8Array | undefined {
  const encoding = (headers.get('content-encoding') ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity' || octets.length === 0) return octets;
  return encoding === 'gzip' ? inflateAtOnce(octets, 'gzip', maxProbedBytes) : undefined;
}

// RFC 9110 §5.3: a field that comes twice is a list.
function headersOf({ headersDistinct }: IncomingMessage): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(headersDistinct).map(([name, values]) => [name, values?.join(', ') ?? '']),
  );
}
