import { type Did, didWebOf, parseDidWeb } from '../../protocol/did-web.ts';
import { parseDocumentUrl } from '../../protocol/document-url.ts';
import type { Fetch, Verifier } from '../ports.ts';
import type { EventReceiverOptions, Transmitter } from './event-receiver.ts';

/** A transmitter as a receiver knows it. */
export interface KnownTransmitter extends Omit<Transmitter, 'speaksFor' | 'jwksUri'> {
  readonly speaksFor: readonly Did[];
  readonly jwksUri: string | undefined;
}

/** Options that hold, with everything in its place. */
export interface ReceiverOptions {
  readonly fetch: Fetch;
  readonly clock: () => number;
  readonly transmitters: readonly KnownTransmitter[];
}

const known = ['fetch', 'transmitters', 'clock'];
const knownOfTransmitter = ['issuer', 'audience', 'jwksUri', 'speaksFor'];

/**
 * Reads the options of `createEventReceiver`.
 *
 * @throws TypeError for options that are wrong or unknown: all faults at once.
 */
export function readReceiverOptions(
  verifier: Verifier,
  options: EventReceiverOptions,
): ReceiverOptions {
  const { fetch, transmitters, clock = Date.now } = options;
  const faults = strangersIn(options, known);
  if (typeof verifier?.invalidateIssuer !== 'function') faults.push('a verifier is required');
  if (typeof fetch !== 'function' || typeof fetch.allowLoopback !== 'boolean') {
    faults.push('fetch must be a Fetch, such as guardedFetch()');
  }
  if (typeof clock !== 'function') faults.push('clock must be a function');
  const listed = Array.isArray(transmitters) ? transmitters : [];
  if (listed.length === 0) faults.push('transmitters must name at least one');
  const allowLoopback = fetch?.allowLoopback === true;
  const read = listed.map((one, at) => readTransmitter(one, { at, allowLoopback, faults }));
  if (new Set(read.map(({ issuer }) => issuer)).size < read.length) {
    faults.push('transmitters must each be named once');
  }
  if (faults.length > 0) throw new TypeError(`createEventReceiver: ${faults.join('; ')}`);
  return { fetch, clock, transmitters: read };
}

interface Place {
  readonly at: number;
  readonly allowLoopback: boolean;
  readonly faults: string[];
}

function readTransmitter(transmitter: Transmitter, place: Place): KnownTransmitter {
  const { at, allowLoopback, faults } = place;
  const { issuer, audience, jwksUri } = transmitter;
  const report = (detail: string) => faults.push(`transmitters[${at}].${detail}`);
  for (const stranger of strangersIn(transmitter, knownOfTransmitter)) report(stranger);
  if (!isTransmitterName(issuer, allowLoopback)) report('issuer must be an https URL');
  if (audience !== undefined && (typeof audience !== 'string' || audience === '')) {
    report('audience must be a text');
  }
  if (jwksUri !== undefined && !parseDocumentUrl(jwksUri, { allowLoopback }).ok) {
    report('jwksUri must be an https URL');
  }
  const speaksFor = didsOf(transmitter);
  if (speaksFor.length === 0) report('speaksFor must be DIDs: no did:web stands for the issuer');
  return { issuer, jwksUri, speaksFor, ...(audience === undefined ? {} : { audience }) };
}

/** Whether a text can name a transmitter: an origin, or an origin and a path (SSF-1.0 §7.1). */
export function isTransmitterName(issuer: unknown, allowLoopback: boolean): issuer is string {
  if (typeof issuer !== 'string') return false;
  const path = issuer.endsWith('/') ? `${issuer}x` : `${issuer}/x`;
  return parseDocumentUrl(path, { allowLoopback }).ok;
}

function didsOf({ issuer, speaksFor }: Transmitter): readonly Did[] {
  if (speaksFor === undefined) return ownDidOf(issuer);
  const read = Array.isArray(speaksFor) ? speaksFor.map(parseDidWeb) : [];
  const dids = read.flatMap((did) => (did.ok ? [did.value.did] : []));
  return dids.length === read.length ? dids : [];
}

function ownDidOf(issuer: unknown): readonly Did[] {
  try {
    return typeof issuer === 'string' ? [didWebOf(issuer.replace(/\/$/, ''))] : [];
  } catch {
    return [];
  }
}

function strangersIn(options: object, names: readonly string[]): string[] {
  return Object.keys(options)
    .filter((name) => !names.includes(name))
    .map((name) => `${name} is not an option`);
}
