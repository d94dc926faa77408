import type { Answer, Received } from './exchange.ts';
import { encodingOf, shown } from './find-answer-defects.ts';
import { firstAnswer, type Observation, type QuestionName } from './observation.ts';
import type { Discovery } from './rules.ts';

/** How further requests for a document were answered otherwise than the first. */
export function findDependenceDefects(observation: Observation): readonly Discovery[] {
  const first = firstAnswer(observation);
  if (first === null) return [];
  const comparison = new Comparison(observation, first);
  const last = observation.answers.get('again');
  // Where even the first question is answered otherwise by now, nothing can be compared.
  if (last?.ok !== true || last.status !== first.status) {
    return stabilityDefects(observation, comparison);
  }
  const accept = acceptDefects(comparison, first);
  return [
    ...stabilityDefects(observation, comparison),
    ...comparison.find('probe.dependence.user-agent', ['no-user-agent', 'browser']),
    ...accept,
    ...varyDefects(first, accept.length > 0 ? 'accept' : ''),
    ...encodingDefects(observation),
    ...headDefects(observation, first),
  ];
}

/** Compares answers with the first one; their octets only where those did not change by themselves. */
class Comparison {
  readonly #observation: Observation;
  readonly #first: Received;
  readonly stable: boolean;

  constructor(observation: Observation, first: Received) {
    this.#observation = observation;
    this.#first = first;
    const last = observation.answers.get('again');
    this.stable = last?.ok !== true || last.status !== 200 || sameOctets(first, last);
  }

  /** The finding, with those of these answers that are not like the first; none when all are. */
  find(id: Discovery[0], names: readonly QuestionName[]): readonly Discovery[] {
    const others = names.flatMap((name) => {
      const answer = this.#observation.answers.get(name);
      return answer === undefined || this.isLike(answer) ? [] : [`${name}: ${briefly(answer)}`];
    });
    return others.length === 0 ? [] : [[id, { plain: briefly(this.#first), others }]];
  }

  isLike(answer: Answer): boolean {
    if (!answer.ok || answer.status !== this.#first.status) return false;
    if (mediaTypeOf(answer) !== mediaTypeOf(this.#first)) return false;
    return !this.stable || sameOctets(answer, this.#first);
  }
}

/** A status list is signed anew at any time; the other documents are stored octets. */
function stabilityDefects(
  { answers, purpose }: Observation,
  { stable }: Comparison,
): readonly Discovery[] {
  const last = answers.get('again');
  const fleeting = purpose === 'bitstring-list' || purpose === 'token-list';
  const lost = (['again', 'held-etag', 'strange-etag', 'uncompressed'] as const).filter((name) => {
    const answer = answers.get(name);
    return answer?.ok === false || (answer?.ok === true && answer.status >= 400);
  });
  return [
    ...(lost.length === 0 ? [] : [['probe.reach.flaky', { requests: lost }] as const]),
    ...(last?.ok === true && !stable && !fleeting ? [['probe.answer.unstable', {}] as const] : []),
  ];
}

/** To give HTML to those who ask for it, and to say so, is a lesser thing than to give it to others. */
function acceptDefects(comparison: Comparison, first: Received): readonly Discovery[] {
  const others = comparison.find('probe.dependence.accept', ['any-accept', 'no-accept']);
  if (others.length > 0) return others;
  const said = varied(first).includes('accept');
  const id = said ? 'probe.dependence.negotiated' : 'probe.dependence.accept';
  return comparison.find(id, ['html-accept']);
}

/** Compression and CORS vary without another document. */
const harmless: ReadonlySet<string> = new Set(['accept-encoding', 'origin', '']);

/** What the answer says to vary by, but for what was found to be so. */
function varyDefects(first: Received, found: string): readonly Discovery[] {
  const names = varied(first).filter((name) => name !== found && !harmless.has(name));
  return names.length === 0 ? [] : [['probe.dependence.vary', { vary: shown(names.join(', ')) }]];
}

function varied({ headers }: Received): readonly string[] {
  return (headers.get('vary') ?? '').split(',').map((name) => name.trim().toLowerCase());
}

function encodingDefects({ answers }: Observation): readonly Discovery[] {
  const answer = answers.get('uncompressed');
  if (answer?.ok !== true || !answer.headers.has('content-encoding')) return [];
  const evidence = encodingOf(answer);
  return evidence.encoding === 'identity' ? [] : [['probe.answer.encoding', evidence]];
}

function headDefects({ answers }: Observation, first: Received): readonly Discovery[] {
  const head = answers.get('head');
  if (head === undefined) return [];
  const alike = head.ok && head.status === first.status && mediaTypeOf(head) === mediaTypeOf(first);
  return alike ? [] : [['probe.head.differs', { get: briefly(first), head: briefly(head) }]];
}

function briefly(answer: Answer): string {
  if (!answer.ok) return answer.cause;
  const type = mediaTypeOf(answer);
  const typed = type === '' ? '' : ` ${shown(type)}`;
  return `${answer.status}${typed}, ${answer.body.length} octets`;
}

function mediaTypeOf({ headers }: Received): string {
  return (headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

function sameOctets(one: Received, other: Received): boolean {
  return Buffer.compare(one.body, other.body) === 0;
}
