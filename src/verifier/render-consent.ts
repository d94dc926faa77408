import type { Consent, ConsentItem } from './consent.ts';

/** Of what papers withhold, a person needs an impression and no catalogue. */
const mostWithheld = 12;

const kinds: ReadonlyMap<string | null, string> = new Map([
  ['agent', 'AI agent'],
  ['mcp-server', 'MCP server'],
  ['mcp-client', 'MCP client'],
]);

/**
 * A consent as HTML for any page: one `section` with the class `sealwright-consent`, whose parts have
 * classes that begin so. No script, style, link, image, id or form, so that no content security policy
 * forbids it and nothing in it is loaded or clicked; strangers' texts are escaped and kept apart by
 * `bdi`. In English; for another language, render the data.
 */
export function renderConsent(consent: Consent): string {
  const { host, outcome } = consent;
  const rows = outcome === 'accepted' ? acceptedRows(consent) : refusedRows(consent);
  return [
    `<section class="sealwright-consent" data-outcome="${escapeHtml(outcome)}">`,
    `<p class="sealwright-consent-host">${isolated(host ?? 'unknown host')}</p>`,
    consent.hostIsInternational ? `<p class="sealwright-consent-warning">${lookAlike}</p>` : '',
    '<dl>',
    ...rows.map(([term, content]) => (content === '' ? '' : `<dt>${term}</dt>${content}`)),
    '</dl>',
    '</section>',
  ]
    .filter((line) => line !== '')
    .join('\n');
}

const lookAlike =
  'This host name has letters beyond a to z, shown here in their encoded form. ' +
  'It may look like another name elsewhere.';

type Row = readonly [term: string, content: string];

function acceptedRows(consent: Consent): readonly Row[] {
  const { name, kind, version, issuer, granted, withheld, attested } = consent;
  const what = [kinds.get(kind) ?? '', version === null ? '' : `version ${escapeHtml(version)}`];
  const about = what.filter((part) => part !== '').join(', ');
  return [
    ['Name', name === null ? '' : entry(`${isolated(name)}${about === '' ? '' : ` (${about})`}`)],
    ['Address', consent.clientId === null ? '' : entry(isolated(consent.clientId))],
    ['Vouched for by', issuer === null ? '' : entry(isolated(issuer.host ?? issuer.did))],
    ['May', granted.length === 0 ? entry('nothing of its own') : list(granted.map(wordsOf))],
    ['Asked for, and may not', list(withheldItems(withheld))],
    ['Attested', list(attested.map(attestationOf))],
    ['Passes on what it may', passesOn(consent.mayDelegate)],
    ['Checked', entry(freshnessOf(consent))],
  ];
}

function refusedRows(consent: Consent): readonly Row[] {
  const answer =
    consent.outcome === 'rejected'
      ? 'The papers of this agent do not hold. Nothing is granted.'
      : 'The papers of this agent could not be checked. Nothing is granted for now.';
  return [
    ['Answer', entry(answer)],
    ['Reason', consent.reason === null ? '' : entry(escapeHtml(consent.reason))],
    ['Report', entry(escapeHtml(consent.report))],
  ];
}

function withheldItems(withheld: readonly ConsentItem[]): readonly string[] {
  const shown = withheld.slice(0, mostWithheld).map(wordsOf);
  const more = withheld.length - shown.length;
  return more === 0 ? shown : [...shown, `and ${more} more`];
}

function wordsOf({ words }: ConsentItem): string {
  return isolated(words);
}

function attestationOf({ standard, validUntil }: Consent['attested'][number]): string {
  const until = validUntil === null ? '' : `, until ${escapeHtml(validUntil.slice(0, 10))}`;
  return `${isolated(standard)}${until}`;
}

function passesOn(mayDelegate: boolean | null): string {
  if (mayDelegate === null) return '';
  return entry(mayDelegate ? 'permitted' : 'not permitted');
}

function freshnessOf({ documentAgeS, statusAgeS, checkedAt }: Consent): string {
  const at = `at ${escapeHtml(checkedAt)}`;
  const ages = [
    documentAgeS === null ? '' : `papers read ${seconds(documentAgeS)} earlier`,
    statusAgeS === null ? '' : `not revoked ${seconds(statusAgeS)} earlier`,
  ].filter((age) => age !== '');
  return [at, ...ages].join(', ');
}

function seconds(count: number): string {
  return count === 1 ? '1 second' : `${count} seconds`;
}

function list(items: readonly string[]): string {
  if (items.length === 0) return '';
  return `<dd><ul>${items.map((item) => `<li>${item}</li>`).join('')}</ul></dd>`;
}

function entry(content: string): string {
  return `<dd>${content}</dd>`;
}

function isolated(text: string): string {
  return `<bdi>${escapeHtml(text)}</bdi>`;
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
]);

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (found) => escapes.get(found) ?? '');
}
