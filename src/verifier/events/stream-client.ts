import { accepted, type Parsed, refused } from '../../protocol/parsed.ts';
import { changeEvents, deliveryMethods } from '../../protocol/security-event.ts';
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseStrictJsonObject,
} from '../../protocol/strict-json.ts';
import type { Fetch } from '../ports.ts';
import { fetchByDeadline } from '../resolve/fetch-by-deadline.ts';
import { acceptJson } from '../resolve/json-document.ts';
import type { SetError } from './event-receiver.ts';
import { callStream, type StreamCall, type StreamRequest } from './stream-call.ts';
import {
  configurationUrl,
  isAt,
  maxConfigurationBytes,
  parseTransmitterConfiguration,
  type TransmitterConfiguration,
} from './transmitter-configuration.ts';

/** A stream of events for one receiver, polled (SSF-1.0 §8.1.1). */
export interface PolledStream {
  readonly id: string;
  /** What its tokens have in `aud`. */
  readonly audience: string;
  /** Where it is polled, on the origin of the transmitter. */
  readonly endpoint: string;
}

/** What is told to a transmitter with a poll: what was taken in, and what was not (RFC 8936 §2.4). */
export interface PollRequest {
  readonly acknowledged: readonly string[];
  readonly refused: ReadonlyMap<string, { readonly err: SetError; readonly description: string }>;
  /** false has the transmitter hold its answer until there is an event. */
  readonly returnImmediately: boolean;
}

/** What a poll brought. */
export interface PollAnswer {
  /** Compact tokens by their `jti`. */
  readonly sets: ReadonlyMap<string, string>;
  readonly moreAvailable: boolean;
}

/** How a transmitter is reached. */
export interface StreamClientOrder {
  readonly issuer: string;
  readonly configuration: TransmitterConfiguration;
  readonly call: StreamCall;
  readonly token: string;
  readonly signal?: AbortSignal | undefined;
}

const callWithinMs = 10_000;
/** Longer than the usual proxies let a request wait for its answer. */
const pollWithinMs = 90_000;
const maxAnswerBytes = 1_048_576;
const maxPollBytes = 4 * 1_048_576;
const maxEvents = 100;

/** The configuration of a transmitter as it is now. Rules: those of its parser and `ssf-…`. */
export async function readTransmitterConfiguration(
  fetch: Fetch,
  issuer: string,
): Promise<Parsed<TransmitterConfiguration>> {
  const request = {
    url: configurationUrl(issuer),
    accept: acceptJson,
    maxBytes: maxConfigurationBytes,
    deadline: Date.now() + callWithinMs,
  };
  const fetched = await fetchByDeadline(fetch, request, { etag: undefined, revalidate: false });
  if (!fetched.ok) return refused('', `ssf-${fetched.failure}`, fetched.detail);
  const { status, body } = fetched.response;
  if (status !== 200) {
    return refused('', 'ssf-status', `the configuration is answered with status ${status}`);
  }
  const json = parseStrictJsonObject(body);
  return json.ok ? parseTransmitterConfiguration(json.value, issuer) : json;
}

/** Manages and polls the streams of one transmitter, with one token (SSF-1.0 §8.1, RFC 8936). */
export class StreamClient {
  readonly #order: StreamClientOrder;

  constructor(order: StreamClientOrder) {
    this.#order = order;
  }

  /** The polled stream of this description, made if there is none yet. */
  async open(description: string): Promise<Parsed<PolledStream>> {
    const listed = await this.#manage('GET');
    if (!listed.ok) return listed;
    // SSF-1.0 §8.1.1.2: without a stream_id it is a list of them all.
    const streams: readonly JsonValue[] = Array.isArray(listed.value)
      ? listed.value
      : [listed.value];
    const own = streams.find((stream) => isPolled(stream) && stream['description'] === description);
    return own === undefined ? this.create(description) : this.#read(own);
  }

  /** A new polled stream with every event that means something to a verifier. */
  async create(description: string): Promise<Parsed<PolledStream>> {
    const created = await this.#manage('POST', {
      delivery: { method: deliveryMethods.poll },
      events_requested: changeEvents,
      description,
    });
    return created.ok ? this.#read(created.value) : created;
  }

  /** Takes a stream away. */
  async remove({ id }: PolledStream): Promise<Parsed<JsonValue>> {
    const { configurationEndpoint: url } = this.#order.configuration;
    const place = url === undefined ? undefined : `${url}?stream_id=${encodeURIComponent(id)}`;
    return this.#call(place, { method: 'DELETE' });
  }

  /** Asks for a verification event, which comes with this state over the stream (SSF-1.0 §8.1.4). */
  async verify({ id }: PolledStream, state: string): Promise<Parsed<JsonValue>> {
    const url = this.#order.configuration.verificationEndpoint;
    return this.#call(url, { method: 'POST', body: { stream_id: id, state } });
  }

  /** Waits for events, and tells what became of those before. */
  async poll({ endpoint }: PolledStream, request: PollRequest): Promise<Parsed<PollAnswer>> {
    const { acknowledged, refused: errors, returnImmediately } = request;
    const body: JsonObject = {
      maxEvents,
      returnImmediately,
      ...(acknowledged.length === 0 ? {} : { ack: acknowledged }),
      ...(errors.size === 0 ? {} : { setErrs: Object.fromEntries(errors) }),
    };
    const bounds = { maxBytes: maxPollBytes, withinMs: pollWithinMs };
    const answer = await this.#call(endpoint, { method: 'POST', body, ...bounds });
    return answer.ok ? parsePollAnswer(answer.value) : answer;
  }

  #manage(method: 'GET' | 'POST', body?: JsonObject): Promise<Parsed<JsonValue>> {
    const url = this.#order.configuration.configurationEndpoint;
    return this.#call(url, { method, ...(body === undefined ? {} : { body }) });
  }

  async #call(
    url: string | undefined,
    request: Partial<StreamRequest> & Pick<StreamRequest, 'method'>,
  ): Promise<Parsed<JsonValue>> {
    const { call, token, signal } = this.#order;
    if (url === undefined) {
      return refused('', 'ssf-endpoint', 'the transmitter has no endpoint for this');
    }
    const usual = { maxBytes: maxAnswerBytes, withinMs: callWithinMs };
    return callStream(call, { ...usual, ...request, url, token, signal });
  }

  #read(json: JsonValue): Parsed<PolledStream> {
    const { issuer } = this.#order;
    if (!isPolled(json)) return refused('', 'stream-shape', 'is not a polled stream');
    const { stream_id: id, iss, aud, delivery } = json;
    const endpoint = isJsonObject(delivery) ? delivery['endpoint_url'] : undefined;
    const audience: unknown = Array.isArray(aud) ? aud[0] : aud;
    if (typeof id !== 'string' || id === '') {
      return refused('/stream_id', 'stream-shape', 'has no id');
    }
    if (iss !== issuer) return refused('/iss', 'stream-issuer', 'is of another issuer');
    if (typeof audience !== 'string' || audience === '') {
      return refused('/aud', 'stream-shape', 'names no audience');
    }
    // The token goes there.
    return isAt(endpoint, issuer)
      ? accepted({ id, audience, endpoint })
      : refused(
          '/delivery/endpoint_url',
          'ssf-endpoint',
          'is not on the origin of the transmitter',
        );
  }
}

function isPolled(json: JsonValue): json is JsonObject {
  const delivery = isJsonObject(json) ? json['delivery'] : undefined;
  return isJsonObject(delivery) && delivery['method'] === deliveryMethods.poll;
}

function parsePollAnswer(json: JsonValue): Parsed<PollAnswer> {
  const sets = isJsonObject(json) ? json['sets'] : undefined;
  // RFC 8936 §2.4: an object, and an empty one when there is nothing.
  if (!isJsonObject(json) || !isJsonObject(sets)) {
    return refused('/sets', 'poll-answer', 'is not an answer to a poll');
  }
  const listed = Object.entries(sets).map(([jti, set]) => [jti, String(set)] as const);
  return accepted({ sets: new Map(listed), moreAvailable: json['moreAvailable'] === true });
}
