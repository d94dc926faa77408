import { parseDidWeb } from '../../protocol/did-web.ts';
import { parseDocumentUrl } from '../../protocol/document-url.ts';
import {
  below,
  optional,
  type Reading,
  readList,
  readMembers,
  readSome,
  readText,
  report,
} from '../policy-reading.ts';
import type { EventSource } from '../ports.ts';
import { isTransmitterName } from './receiver-options.ts';

const maxSources = 64;
const streamName = /^[\x20-\x7e]{1,120}$/;

/** Reads the transmitters of a policy. Rules: `policy-…`. */
export function readEventSources(reading: Reading, input: unknown): readonly EventSource[] {
  const sources = readList(reading, input, readEventSource);
  const names = sources.map(({ transmitter }) => transmitter);
  if (new Set(names).size < names.length) {
    report(reading, 'policy-events', 'names a transmitter twice');
  }
  if (names.length > maxSources) {
    report(reading, 'policy-events', `names more than ${maxSources} transmitters`);
  }
  return sources;
}

function readEventSource(reading: Reading, input: unknown): EventSource {
  const members = readMembers(reading, input, [
    'transmitter',
    'delivery',
    'audience',
    'stream',
    'jwksUri',
    'speaksFor',
    'tokenFile',
  ]);
  const at = (name: string) => below(reading, name);
  const source: EventSource = {
    transmitter: readTransmitter(at('transmitter'), members['transmitter']),
    delivery: readDelivery(at('delivery'), members['delivery']),
    ...optional('audience', members, (value) => readText(at('audience'), value)),
    ...optional('stream', members, (value) => readStream(at('stream'), value)),
    ...optional('jwksUri', members, (value) => readJwksUri(at('jwksUri'), value)),
    ...optional('speaksFor', members, (value) => readSome(at('speaksFor'), value, readDid)),
    ...optional('tokenFile', members, (value) => readText(at('tokenFile'), value)),
  };
  reportMisfits(reading, source);
  return source;
}

function reportMisfits(reading: Reading, { delivery, audience, stream }: EventSource): void {
  if (delivery === 'push' && audience === undefined) {
    report(below(reading, 'audience'), 'policy-events', 'must say what pushed tokens are for');
  }
  if (delivery === 'push' && stream !== undefined) {
    report(below(reading, 'stream'), 'policy-events', 'is for delivery by poll');
  }
  if (delivery === 'poll' && audience !== undefined) {
    report(below(reading, 'audience'), 'policy-events', 'is for delivery by push');
  }
}

function readTransmitter(reading: Reading, input: unknown): string {
  const text = readText(reading, input);
  if (text !== '' && !isTransmitterName(text, true)) {
    report(reading, 'policy-events', 'must be an https URL without query');
  }
  return text;
}

function readDelivery(reading: Reading, input: unknown): EventSource['delivery'] {
  if (input === 'poll' || input === 'push') return input;
  report(reading, 'policy-events', 'must be "poll" or "push"');
  return 'poll';
}

function readStream(reading: Reading, input: unknown): string {
  const text = readText(reading, input);
  if (text !== '' && !streamName.test(text)) {
    report(reading, 'policy-events', 'must be at most 120 characters of ASCII');
  }
  return text;
}

function readJwksUri(reading: Reading, input: unknown): string {
  const text = readText(reading, input);
  if (text !== '' && !parseDocumentUrl(text, { allowLoopback: true }).ok) {
    report(reading, 'policy-events', 'must be an https URL without query');
  }
  return text;
}

function readDid(reading: Reading, input: unknown): string {
  const text = readText(reading, input);
  if (!parseDidWeb(text).ok) {
    report(reading, 'policy-issuer', 'must be one did:web identifier');
  }
  return text;
}
