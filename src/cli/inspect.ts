import { parseCompactJws } from '../protocol/compact-jws.ts';
import { maxDocumentBytes, maxJwtBytes } from '../protocol/limits.ts';
import { type JsonObject, parseStrictJsonObject } from '../protocol/strict-json.ts';
import type { Command, Invocation } from './command.ts';
import { examine, examineParameters, exitCodeOf } from './examine.ts';
import type { Examined } from './examined.ts';
import { guardFetch } from './guard-fetch.ts';
import { printableJson } from './paint.ts';
import { renderReport } from './render-report.ts';

const deadlineMs = 5_000;

/** What the papers say, whether or not it is true. */
interface Papers {
  /** The client metadata without its credential; null for a credential on its own. */
  readonly document: JsonObject | null;
  readonly credential: { readonly header: object; readonly payload: JsonObject } | null;
}

/** Shows claims that nobody vouches for beside the verdict on them; the exit code is the verdict's. */
export const inspect: Command = {
  words: 'inspect',
  summary: "print what a client's papers say, and what is wrong with them",
  example: 'inspect https://id.acme.com/a/billing-bot/client.json --json',
  ...examineParameters,
  run: async (call) => {
    const examination = await examine(call);
    const { examined, report } = examination;
    const refused = report.reason === 'issuer-not-trusted';
    // A policy that does not trust the issuer is a wish not to fetch from there.
    const papers =
      refused && examined.kind === 'client_id' ? nothing : await readPapers(call, examined);
    call.print({ ...papers, report }, (paint) => {
      const said = [papers.document, papers.credential?.header, papers.credential?.payload]
        .filter((part) => part !== null && part !== undefined)
        .map((part) => `${printableJson(part)}\n`);
      return [...said, renderReport(examination, paint)].join('\n');
    });
    return exitCodeOf(examination);
  },
};

const nothing: Papers = { document: null, credential: null };

async function readPapers(call: Invocation, examined: Examined): Promise<Papers> {
  if (examined.kind === 'jwt') return { document: null, credential: decode(examined.value) };
  const fetch = await guardFetch(call.flag('allowLoopback'));
  const outcome = await fetch(examined.value, {
    accept: 'application/json',
    maxBytes: maxDocumentBytes,
    deadline: Date.now() + deadlineMs,
  });
  const json = outcome.ok ? parseStrictJsonObject(outcome.response.body) : null;
  if (json === null || !json.ok) return nothing;
  const { 'vc+jwt': jwt, ...document } = json.value;
  return { document, credential: decode(jwt) };
}

function decode(jwt: unknown): Papers['credential'] {
  const jws = parseCompactJws(jwt, { maxBytes: maxJwtBytes, typ: ['vc+jwt'] });
  return jws.ok ? { header: jws.value.header, payload: jws.value.payload } : null;
}
