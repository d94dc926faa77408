// Runs where there are the Web's APIs and no others. Judges a client by documents that were recorded
// elsewhere: everything about the case comes with the request.
import { createVerifier } from '@sealwright/verifier';
import { parseCompactJws } from '@sealwright/verifier/protocol';

const codeOf = (character) => character.charCodeAt(0);

/** The recorded documents as a Fetch port; any other cannot be had. */
function replay(documents) {
  const responses = new Map(
    documents.map(({ url, status, headers, body }) => [
      url,
      { status, headers: new Map(headers), body: Uint8Array.from(atob(body), codeOf) },
    ]),
  );
  const fetch = async (url) => {
    const response = responses.get(url);
    return response === undefined
      ? { ok: false, failure: 'failed', detail: 'not recorded' }
      : { ok: true, response };
  };
  return Object.assign(fetch, { allowLoopback: true });
}

async function judge({ clientId, scope, policy, documents, nowMs }) {
  const verifier = createVerifier({ fetch: replay(documents), policy, clock: () => nowMs });
  return verifier.verifyClient(clientId, { scope });
}

/** Which of these modules and globals there are. */
async function find({ modules, globals }) {
  const there = modules.map((name) => import(name).then(() => [name]).catch(() => []));
  const named = globals.filter((name) => name in globalThis);
  return [...(await Promise.all(there)).flat(), ...named];
}

const services = {
  judge,
  find,
  parse: ({ jwt, expectation }) => parseCompactJws(jwt, expectation),
};

export const web = {
  async fetch(request) {
    const name = new URL(request.url).pathname.slice(1);
    return Response.json(await services[name](await request.json()));
  },
};
