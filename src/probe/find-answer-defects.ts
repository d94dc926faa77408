import { isJsonMediaType } from '../protocol/json-media-type.ts';
import { maxDidDocumentBytes, maxJwksBytes, maxStatusListBytes } from '../protocol/limits.ts';
import { maxProbedBytes, type Received } from './exchange.ts';
import type { Purpose } from './named-documents.ts';
import { firstAnswer, type Observation, whyUnanswered } from './observation.ts';
import type { Discovery } from './rules.ts';

/** What readers take, octets; how large client metadata may be is said by the lint. */
const maxBytes: Readonly<Record<Purpose, number>> = {
  client: maxProbedBytes,
  jwks: maxJwksBytes,
  did: maxDidDocumentBytes,
  'bitstring-list': maxStatusListBytes,
  'token-list': maxStatusListBytes,
};

/** node-oidc-provider and others give up after 2.5 seconds. */
const slowMs = 2_500;
const redirects: ReadonlySet<number> = new Set([300, 301, 302, 303, 305, 307, 308]);
/** Statuses with which walls answer. */
const wallStatuses: ReadonlySet<number> = new Set([200, 202, 401, 403, 429, 503]);
/** Headers that services put on the pages with which they keep programs out. */
const wallHeaders: readonly string[] = [
  'cf-mitigated',
  'x-datadome',
  'x-amzn-waf-action',
  'x-sucuri-block',
  'x-iinfo',
  'x-px-block',
];
const maxShown = 200;

/** What is wrong with the first answer; where there is no document, only why. */
export function findAnswerDefects(observation: Observation): readonly Discovery[] {
  const unanswered = whyUnanswered(observation);
  if (unanswered !== null) {
    const { cause, detail, ms } = unanswered;
    const blocked = cause === 'blocked';
    return [[blocked ? 'probe.reach.blocked' : 'probe.reach.unanswered', { cause, detail, ms }]];
  }
  const answer = firstAnswer(observation);
  if (answer === null) return [];
  const missing = findMissing(observation, answer);
  return missing === null ? findFlaws(observation.purpose, answer) : [missing];
}

/** Whether the first answer is the document, and not something in its place. */
export function hasDocument(observation: Observation): boolean {
  const answer = firstAnswer(observation);
  return answer !== null && findMissing(observation, answer) === null;
}

function findMissing(observation: Observation, answer: Received): Discovery | null {
  const { status, headers } = answer;
  if (redirects.has(status)) {
    return ['probe.answer.redirect', { status, location: shown(headers.get('location') ?? '') }];
  }
  const sign = wallSign(answer);
  if (sign !== null) {
    return ['probe.answer.challenge', { status, sign, browser: browserStatus(observation) }];
  }
  if (status !== 200) {
    return ['probe.answer.status', { status, browser: browserStatus(observation) }];
  }
  if (answer.cut) return ['probe.answer.size', { moreThan: maxProbedBytes }];
  if (answer.undecodable) return ['probe.answer.encoding', encodingOf(answer)];
  return null;
}

/** How a page for people is recognized in the place of a document; null when it is none. */
function wallSign(answer: Received): string | null {
  if (!wallStatuses.has(answer.status)) return null;
  const header = wallHeaders.find((name) => answer.headers.has(name));
  if (header !== undefined && answer.status !== 200) return header;
  return isHtml(answer) ? 'HTML' : null;
}

function isHtml({ body }: Received): boolean {
  const beginning = new TextDecoder().decode(body.subarray(0, 512)).trimStart();
  return beginning.startsWith('<');
}

/** What a browser was answered with; null when it was not asked, or not answered. */
function browserStatus({ answers }: Observation): number | null {
  const browser = answers.get('browser');
  return browser?.ok === true ? browser.status : null;
}

function findFlaws(purpose: Purpose, answer: Received): readonly Discovery[] {
  const { headers, body, ms } = answer;
  const type = headers.get('content-type') ?? '';
  const limit = maxBytes[purpose];
  return [
    ...(isOwnType(purpose, type)
      ? []
      : [['probe.answer.content-type', { contentType: shown(type) }] as const]),
    ...(body.length > limit ? [['probe.answer.size', { bytes: body.length, limit }] as const] : []),
    ...(headers.has('set-cookie') ? [['probe.answer.cookie', cookieIn(answer)] as const] : []),
    ...(ms > slowMs ? [['probe.answer.slow', { ms }] as const] : []),
  ];
}

// TSL §8.1 and VC-JOSE-COSE §6: the lists have media types of their own.
function isOwnType(purpose: Purpose, type: string): boolean {
  if (purpose === 'bitstring-list') return /^application\/vc\+jwt[\t ]*(?:;|$)/i.test(type);
  if (purpose === 'token-list') return /^application\/statuslist\+jwt[\t ]*(?:;|$)/i.test(type);
  return isJsonMediaType(type);
}

/** The names of the cookies; their values are nobody's business. */
function cookieIn({ headers }: Received): { readonly cookie: string } {
  return { cookie: shown((headers.get('set-cookie') ?? '').replace(/=.*$/s, '')) };
}

/** In which encoding an answer came. */
export function encodingOf({ headers }: Received): { readonly encoding: string } {
  return { encoding: shown(headers.get('content-encoding') ?? 'identity') };
}

/** The beginning of what a peer wrote. */
export function shown(text: string): string {
  return text.slice(0, maxShown);
}
