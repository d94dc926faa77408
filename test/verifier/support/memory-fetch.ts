import type {
  Fetch,
  FetchFailure,
  FetchOptions,
  FetchOutcome,
} from '../../../src/verifier/ports.ts';

/** What a URL of the memory answers. */
export type MemoryAnswer =
  | {
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body: string | Uint8Array;
    }
  /** Accepts the question and never answers it. */
  | 'silence'
  /** Ends the connection without an answer. */
  | 'hang-up';

/** A Fetch whose network is a map, and which remembers what it was asked. */
export interface MemoryFetch extends Fetch {
  readonly answers: Map<string, MemoryAnswer>;
  /** URLs asked for, in order. */
  readonly asked: string[];
  /** The options of each question, in the same order. */
  readonly options: FetchOptions[];
}

const redirects: readonly number[] = [300, 301, 302, 303, 305, 307, 308];

/** An empty network; refuses what the guard refuses on the text of a URL. */
export function createMemoryFetch({ allowLoopback = false } = {}): MemoryFetch {
  const answers = new Map<string, MemoryAnswer>();
  const asked: string[] = [];
  const asking: FetchOptions[] = [];
  const fetch = async (url: string, options: FetchOptions): Promise<FetchOutcome> => {
    if (!isReadable(url, allowLoopback)) {
      return failure('blocked');
    }
    asked.push(url);
    asking.push(options);
    const answer = answers.get(url) ?? { status: 404, body: '' };
    if (answer === 'hang-up') {
      return failure('failed');
    }
    return answer === 'silence' ? waitFor(options.deadline) : respond(answer, options);
  };
  return Object.assign(fetch, { allowLoopback, answers, asked, options: asking });
}

function respond(answer: Exclude<MemoryAnswer, string>, options: FetchOptions): FetchOutcome {
  const { status = 200, headers = {}, body } = answer;
  const octets = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  if (redirects.includes(status)) {
    return failure('redirect');
  }
  const lower = Object.entries(headers).map(
    ([name, value]) => [name.toLowerCase(), value] as const,
  );
  const map = new Map(lower);
  if (options.ifNoneMatch !== undefined && options.ifNoneMatch === map.get('etag')) {
    return { ok: true, response: { status: 304, headers: map, body: new Uint8Array() } };
  }
  return octets.byteLength > options.maxBytes
    ? failure('too-large')
    : { ok: true, response: { status, headers: map, body: octets } };
}

function isReadable(text: string, allowLoopback: boolean): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.href !== text || /^\[|^[\d.]+$/.test(url.hostname)) {
    return false;
  }
  const loopback = url.hostname === 'localhost' || url.hostname.endsWith('.localhost');
  return loopback ? allowLoopback : url.protocol === 'https:';
}

function waitFor(deadline: number): Promise<FetchOutcome> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(failure('timeout')), Math.max(0, deadline - Date.now()));
  });
}

function failure(kind: FetchFailure): FetchOutcome {
  return { ok: false, failure: kind, detail: kind };
}
