import type { FetchedResponse, FetchOutcome } from '../ports.ts';
import { responseOf } from './judged-octets.ts';

/**
 * What the verifier read, for node-oidc-provider: `responseOf`, at a fraction of its cost where the
 * server iterates over the body, which it does at every lookup of a client, or takes it whole.
 *
 * @throws TypeError where there is no response, as a fetch does.
 */
export function heldResponseOf(outcome: FetchOutcome): Response | HeldResponse {
  const isRead = outcome.ok && outcome.response.status === 200;
  return isRead ? new HeldResponse(outcome.response) : responseOf(outcome);
}

/** Octets at hand, in the one piece that they are: a stream over them costs what a verdict does. */
class HeldBody implements AsyncIterable<Uint8Array> {
  readonly #octets: Uint8Array;

  constructor(octets: Uint8Array) {
    this.#octets = octets;
  }

  async *[Symbol.asyncIterator]() {
    yield this.#octets;
  }

  /** There is nothing under way that could be given up. */
  cancel(): Promise<void> {
    return Promise.resolve();
  }
}

/**
 * A response with status 200. Its body can be iterated over and cancelled, any number of times, and
 * is no stream otherwise; members that need a response of the Fetch API have one made.
 */
class HeldResponse implements Omit<Response, 'body'> {
  readonly status = 200;
  readonly ok = true;
  readonly headers: Headers;
  readonly body: HeldBody;
  readonly #response: FetchedResponse;
  #whole: Response | undefined;

  constructor(response: FetchedResponse) {
    const type = response.headers.get('content-type');
    this.#response = response;
    this.headers = new Headers(type === undefined ? {} : { 'content-type': type });
    this.body = new HeldBody(response.body);
  }

  get statusText() {
    return this.#made.statusText;
  }

  get redirected() {
    return this.#made.redirected;
  }

  get type() {
    return this.#made.type;
  }

  get url() {
    return this.#made.url;
  }

  get bodyUsed() {
    return this.#made.bodyUsed;
  }

  clone() {
    return this.#made.clone();
  }

  arrayBuffer() {
    return Promise.resolve(new Uint8Array(this.#response.body).buffer);
  }

  blob() {
    return this.#made.blob();
  }

  bytes() {
    return this.#made.bytes();
  }

  formData() {
    return this.#made.formData();
  }

  json() {
    return this.#made.json();
  }

  text() {
    return this.#made.text();
  }

  get #made(): Response {
    this.#whole ??= responseOf({ ok: true, response: this.#response });
    return this.#whole;
  }
}
