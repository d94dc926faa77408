import { didWebOf } from '../protocol/did-web.ts';
import { algorithmOf, parsePublicJwk, type SigningAlgorithm } from '../protocol/jwk.ts';
import { maxDidDocumentBytes } from '../protocol/limits.ts';
import { isJsonObject, parseStrictJsonObject } from '../protocol/strict-json.ts';
import type { Receipt } from '../verifier/events/event-receiver.ts';
import type { StreamCall } from '../verifier/events/stream-call.ts';
import type { TransmitterConfiguration } from '../verifier/events/transmitter-configuration.ts';
import type { Fetch } from '../verifier/ports.ts';

/** How a transmitter of security events was found. */
export interface TransmitterCheck {
  readonly transmitter: string;
  /**
   * `fine`; `unproved`, the stream is there and no verification event came over it in time;
   * `unusable`, something does not answer or is not as it must be, which `fault` names.
   */
  readonly outcome: 'fine' | 'unproved' | 'unusable';
  /** The rule that was broken; null when none was. */
  readonly fault: string | null;
  readonly configuration: TransmitterConfiguration | null;
  /** Keys by which its tokens may be signed. */
  readonly keys: readonly { readonly kid: string; readonly algorithm: SigningAlgorithm }[];
  /** Milliseconds until the verification event was here; null without one, or without a token. */
  readonly provedAfterMs: number | null;
}

/** What a check needs; without a token no stream is made. */
export interface CheckOrder {
  readonly transmitter: string;
  readonly fetch: Fetch;
  readonly call: StreamCall;
  readonly token: string | undefined;
  /** How long the verification event is waited for, in milliseconds. */
  readonly withinMs: number;
}

const streamName = 'sealwright ssf check';
const keysWithinMs = 10_000;

/** Reads configuration and keys of a transmitter, and tries a stream that is taken away again. */
export async function checkTransmitter(order: CheckOrder): Promise<TransmitterCheck> {
  const { transmitter, fetch, token } = order;
  const { readTransmitterConfiguration } = await import('../verifier/events/stream-client.ts');
  const nothing = { transmitter, configuration: null, keys: [], provedAfterMs: null } as const;
  const read = await readTransmitterConfiguration(fetch, transmitter);
  if (!read.ok) {
    return { ...nothing, outcome: 'unusable', fault: read.faults[0]?.rule ?? 'ssf-format' };
  }
  const configuration = read.value;
  const keys = await readKeys(fetch, configuration.jwksUri);
  const found = { ...nothing, configuration, keys };
  if (keys.length === 0) return { ...found, outcome: 'unusable', fault: 'ssf-keys' };
  return token === undefined
    ? { ...found, outcome: 'fine', fault: null }
    : { ...found, ...(await tryStream({ ...order, token })) };
}

async function readKeys(fetch: Fetch, url: string): Promise<TransmitterCheck['keys']> {
  const deadline = Date.now() + keysWithinMs;
  const asked = { accept: 'application/json', maxBytes: maxDidDocumentBytes, deadline };
  const outcome = await fetch(url, asked);
  const json = outcome.ok ? parseStrictJsonObject(outcome.response.body) : outcome;
  const listed = json.ok && Array.isArray(json.value['keys']) ? json.value['keys'] : [];
  return listed.filter(isJsonObject).flatMap((key) => {
    const jwk = parsePublicJwk(key);
    const { kid } = key;
    return jwk.ok && typeof kid === 'string' ? [{ kid, algorithm: algorithmOf(jwk.value) }] : [];
  });
}

/** What came of a stream that was made for the purpose. */
async function tryStream(
  order: CheckOrder & { readonly token: string },
): Promise<Pick<TransmitterCheck, 'outcome' | 'fault' | 'provedAfterMs'>> {
  const { transmitter: issuer, fetch, call, token, withinMs } = order;
  const { createEventReceiver, createVerifier, followTransmitter } = await import(
    '../verifier/index.ts'
  );
  const did = didWebOf(issuer);
  const trust = [{ issuer: did, clientIds: [`${issuer}/a/`], credentialTypes: ['none'] }];
  const verifier = createVerifier({ fetch, policy: { mode: 'enforce', trust } });
  const receiver = createEventReceiver(verifier, { fetch, transmitters: [{ issuer }] });
  const began = performance.now();
  let end: (fault: string | null) => void = () => undefined;
  const news = new Promise<string | null>((resolve) => {
    end = resolve;
  });
  const stream = followTransmitter({
    ...{ receiver, issuer, fetch, call },
    token: () => token,
    name: streamName,
    onReceipt: (receipt) => {
      if (!isOther(receipt)) end(faultOf(receipt));
    },
    onState: ({ phase, reason }) => {
      if (phase === 'down') end(reason);
    },
  });
  const timer = setTimeout(() => end('verification-late'), withinMs);
  const fault = await news;
  clearTimeout(timer);
  const provedAfterMs = fault === null ? Math.round(performance.now() - began) : null;
  await stream.close({ remove: true });
  if (fault === null) return { outcome: 'fine', fault, provedAfterMs };
  return { outcome: fault === 'verification-late' ? 'unproved' : 'unusable', fault, provedAfterMs };
}

/** An event about somebody, while that of the stream is waited for. */
function isOther(receipt: Receipt): boolean {
  return receipt.outcome === 'accepted' && receipt.effect !== 'verification';
}

function faultOf(receipt: Receipt): string | null {
  if (receipt.outcome === 'refused') return receipt.error;
  return receipt.outcome === 'accepted' ? null : 'keys-unavailable';
}
