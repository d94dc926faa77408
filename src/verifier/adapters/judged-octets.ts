import type { FetchOutcome } from '../ports.ts';

/**
 * What the verifier read as a response of the Fetch API: status, content type, and the body where
 * the status is 200. Nothing in it has the host keep a copy.
 *
 * @throws TypeError where there is no response, as a fetch does.
 */
export function responseOf(outcome: FetchOutcome): Response {
  if (!outcome.ok) throw new TypeError(`${outcome.failure}: ${outcome.detail}`);
  const { status, headers, body } = outcome.response;
  const type = headers.get('content-type');
  return new Response(status === 200 ? new Uint8Array(body) : null, {
    status,
    headers: type === undefined ? {} : { 'content-type': type },
  });
}
