// What moves, hides or joins other characters, is invisible itself, or has no meaning (Unicode).
const hidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}\u{2800}]+/gu;
const whiteSpace = /[\s\u0085\u200b]+/gu;
// Two marks on a letter are enough for every language; more of them paint over the lines around.
const piledMarks = /(\p{M}{2})\p{M}+/gu;

/**
 * A stranger's text as one line that shows what it holds: every run of characters that are invisible
 * or that change the reading direction becomes one `�`, marks do not pile up, and what is longer than
 * `most` characters ends in `…`. Still to be escaped for HTML.
 */
export function plainWords(text: string, most: number): string {
  // Beyond this nothing is shown, however many hidden characters there are.
  const start = text.slice(0, most * 16 + 16);
  const line = start
    .replace(whiteSpace, ' ')
    .replace(hidden, '\u{fffd}')
    .normalize('NFC')
    .replace(piledMarks, '$1')
    .trim();
  const characters = [...line];
  if (characters.length <= most && start.length === text.length) return line;
  return `${characters.slice(0, most - 1).join('')}…`;
}
