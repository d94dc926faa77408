import type { Answer, Ask, NotReceived, Question, Received } from './exchange.ts';
import type { Purpose } from './named-documents.ts';

/** What each request of a series is for. */
export type QuestionName =
  | 'plain'
  | 'uncompressed'
  | 'head'
  | 'no-user-agent'
  | 'browser'
  | 'any-accept'
  | 'no-accept'
  | 'html-accept'
  | 'held-etag'
  | 'strange-etag'
  | 'again';

/** A document, and every answer that was given for it; nothing in it is judged yet. */
export interface Observation {
  readonly url: string;
  readonly purpose: Purpose;
  readonly answers: ReadonlyMap<QuestionName, Answer>;
}

const ownAgent = 'sealwright-probe';
const browserAgent =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36';
const strangeTag = '"sealwright-probe-never-given"';

/** The media type that readers ask for. */
const accepts: Readonly<Record<Purpose, string>> = {
  client: 'application/json',
  jwks: 'application/json',
  did: 'application/json',
  'bitstring-list': 'application/vc+jwt',
  'token-list': 'application/statuslist+jwt',
};

/**
 * Asks for a document as its readers do, and then in every way in which readers differ, one request
 * after the other; a document that is not to be had is asked for as a browser once more, and left.
 * `plain` is first and `again`, the same, last, so that a change in between is seen. Once it may not
 * go on, the rest is not asked.
 */
export async function observe(
  ask: Ask,
  { url, purpose }: Pick<Observation, 'url' | 'purpose'>,
  order: { readonly requestMs: number; readonly mayGoOn: () => boolean },
): Promise<Observation> {
  const answers = new Map<QuestionName, Answer>();
  const put = async (name: QuestionName, question: Question): Promise<Answer> => {
    const answer = await ask(url, question, Date.now() + order.requestMs);
    answers.set(name, answer);
    return answer;
  };
  const plain = get({ ...usual, accept: accepts[purpose] });
  const first = await put('plain', plain);
  if (!first.ok || first.status !== 200) {
    await put('browser', get({ ...usual, 'user-agent': browserAgent }));
  } else {
    for (const [name, question] of furtherQuestions(plain, first)) {
      if (order.mayGoOn()) await put(name, question);
    }
  }
  return { url, purpose, answers };
}

const usual = { 'accept-encoding': 'gzip', 'user-agent': ownAgent } as const;

function furtherQuestions(
  plain: Question,
  first: Received,
): readonly (readonly [QuestionName, Question])[] {
  const { 'accept-encoding': _, ...uncompressed } = plain.headers;
  const { 'user-agent': __, ...nameless } = plain.headers;
  const etag = first.headers.get('etag');
  const held = etag === undefined ? [] : [asking('held-etag', plain, { 'if-none-match': etag })];
  return [
    ['uncompressed', get(uncompressed)],
    ['head', { ...plain, method: 'HEAD' }],
    ['no-user-agent', get(nameless)],
    asking('browser', plain, { 'user-agent': browserAgent }),
    asking('any-accept', plain, { accept: '*/*' }),
    ['no-accept', get(usual)],
    asking('html-accept', plain, { accept: 'text/html,application/xhtml+xml' }),
    ...held,
    asking('strange-etag', plain, { 'if-none-match': strangeTag }),
    ['again', plain],
  ];
}

function asking(
  name: QuestionName,
  plain: Question,
  headers: Question['headers'],
): readonly [QuestionName, Question] {
  return [name, get({ ...plain.headers, ...headers })];
}

function get(headers: Question['headers']): Question {
  return { method: 'GET', headers };
}

/** The first answer, when there was one. */
export function firstAnswer({ answers }: Observation): Received | null {
  const first = answers.get('plain');
  return first?.ok === true ? first : null;
}

/** Why there was no first answer, when there was none. */
export function whyUnanswered({ answers }: Observation): NotReceived | null {
  const first = answers.get('plain');
  return first?.ok === false ? first : null;
}
