import type { Finding } from '../finding.ts';
import { fail, pass, undetermined, warn } from '../finding.ts';
import type { Inquiry, StatusFact } from '../inquiry.ts';
import type { ListReading } from '../resolve/held-list.ts';
import type { ListFormat } from '../resolve/verify-status-list.ts';

interface Entry {
  readonly format: ListFormat;
  readonly url: string;
  readonly index: number;
  /** undefined in a token status list, whose values say what they mean. */
  readonly purpose: string | undefined;
}

/** What one entry turned out to be: facts, or the finding that stands in their way. */
type EntryAnswer =
  | { readonly ok: true; readonly facts: readonly StatusFact[]; readonly grace: boolean }
  | { readonly ok: false; readonly finding: Finding };

/**
 * BSL §3.2, TSL §8.3: every list that the credential names is read, signed by the credential's
 * issuer, and fresh. Unknown is not "not revoked"; yet one list that says "revoked" needs no other.
 */
export async function checkStatusLists(inquiry: Inquiry): Promise<Finding> {
  const entries = entriesOf(inquiry);
  const judged = await Promise.all(
    entries.map(async (entry) => judge(await read(inquiry, entry), entry)),
  );
  const facts = judged.flatMap((answer) => (answer.ok ? answer.facts : []));
  const trouble = judged.find((answer) => !answer.ok);
  inquiry.status.set(facts);
  if (trouble?.ok === false && !facts.some(({ set }) => set)) {
    return trouble.finding;
  }
  const oldest = Math.max(0, ...facts.map(({ ageMs }) => ageMs));
  const evidence = { lists: entries.length, ageS: Math.floor(oldest / 1_000) };
  return trouble !== undefined || judged.some((answer) => answer.ok && answer.grace)
    ? warn(evidence, 'Have every status list reachable; one was not read afresh.')
    : pass(evidence);
}

function entriesOf(inquiry: Inquiry): readonly Entry[] {
  const { bitstringEntries, tokenStatus } = inquiry.signed.value;
  if (bitstringEntries.length > 0) {
    return bitstringEntries.map(({ purpose, index, list }) => ({
      format: 'bitstring',
      url: list,
      index,
      purpose,
    }));
  }
  return tokenStatus === undefined
    ? []
    : [{ format: 'token', url: tokenStatus.uri, index: tokenStatus.idx, purpose: undefined }];
}

function read(inquiry: Inquiry, { url, format }: Entry): ListReading | Promise<ListReading> {
  const { court, limits } = inquiry;
  return court.sources.lists.read({
    url,
    format,
    did: inquiry.signed.value.issuer,
    issuerDocument: inquiry.issuerDocument.value,
    plainLoopback: inquiry.plainLoopback,
    deadline: inquiry.deadline,
    maxAgeMs: limits.statusMaxAgeMs,
    staleMs: limits.statusStaleMs,
  });
}

function judge(reading: ListReading, entry: Entry): EntryAnswer {
  const { url: list, index, purpose } = entry;
  if (!reading.ok) {
    const evidence = { list, rule: reading.rule };
    const fix = 'Have the issuer publish a fresh, signed list at this URL; then try again.';
    return { ok: false, finding: undetermined(reading.reason, evidence, fix) };
  }
  if (purpose !== undefined && !reading.list.purposes.includes(purpose)) {
    return refuse({ list, rule: 'list-purpose', purpose });
  }
  const status = reading.list.read(index);
  const facts = status === undefined ? undefined : factsOf(status, entry, reading.ageMs);
  return facts === undefined
    ? refuse({ list, rule: 'list-index', index })
    : { ok: true, facts, grace: reading.grace };
}

function refuse(evidence: { readonly [member: string]: string | number }): EntryAnswer {
  const fix = 'Issue the credential anew with a status entry that fits its list.';
  return { ok: false, finding: fail('status-invalid', evidence, fix) };
}

// TSL §7.1: 0 valid, 1 invalid, 2 suspended; what another value means is the application's secret.
const tokenMeanings: ReadonlyMap<number, string> = new Map([
  [1, 'revocation'],
  [2, 'suspension'],
]);

function factsOf(status: number, entry: Entry, ageMs: number): readonly StatusFact[] | undefined {
  const place = { list: entry.url, index: entry.index, ageMs };
  if (entry.purpose !== undefined) {
    return [{ ...place, purpose: entry.purpose, set: status !== 0 }];
  }
  if (status !== 0 && !tokenMeanings.has(status)) {
    return undefined;
  }
  return [...tokenMeanings].map(([value, purpose]) => ({
    ...place,
    purpose,
    set: status === value,
  }));
}
