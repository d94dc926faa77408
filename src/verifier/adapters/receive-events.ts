import { maxJwtBytes } from '../../protocol/limits.ts';
import { createPushEndpoint, type PushEndpointOptions } from '../events/push-endpoint.ts';

/** What is used of a request of Express, or of `node:http` itself. */
export interface PushRequest extends AsyncIterable<Uint8Array> {
  readonly method?: string | undefined;
  readonly headers: {
    readonly authorization?: string | undefined;
    readonly 'content-type'?: string | undefined;
  };
}

/** What is used of a response. */
export interface PushResponse {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(body: string): unknown;
}

/** A handler of Express 4 or 5, and a listener of `node:http` for a server that does nothing else. */
export type PushHandler = (request: PushRequest, response: PushResponse) => Promise<void>;

/**
 * The endpoint to which transmitters push events (RFC 8935), as `createPushEndpoint` makes it. To be
 * mounted before any parser that reads bodies of every type. Never rejects.
 *
 * @throws TypeError as `createPushEndpoint` does.
 */
export function receiveEvents(options: PushEndpointOptions): PushHandler {
  const endpoint = createPushEndpoint(options);
  return async (request, response) => {
    const answer = await endpoint(await requestOf(request));
    response.statusCode = answer.status;
    answer.headers.forEach((value, name) => {
      response.setHeader(name, value);
    });
    response.end(await answer.text());
  };
}

async function requestOf(request: PushRequest): Promise<Request> {
  const { method = 'GET', headers } = request;
  const sent = method === 'POST' ? { body: await readText(request) } : {};
  const { authorization = '', 'content-type': type = '' } = headers;
  // The URL plays no part: the handler was mounted where it was mounted.
  return new Request('https://receiver.invalid/', {
    method: method === 'POST' ? 'POST' : 'GET',
    headers: { authorization, 'content-type': type },
    ...sent,
  });
}

/** What came, up to the first piece beyond what is read of a token; a body that breaks off ends there. */
async function readText(request: PushRequest): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const piece of request) {
      text += decoder.decode(piece, { stream: true });
      if (text.length > maxJwtBytes) break;
    }
  } catch {
    // The sender is gone: what came of the token is none.
  }
  return text;
}
