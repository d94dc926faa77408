import { printable } from './paint.ts';

const lineWidth = 96;

/**
 * A text under a label, in lines as long as a terminal shows them: paragraphs and list items begin
 * anew, a word is never cut, and what could steer the terminal is made harmless.
 */
export function labelled(label: string, text: string, indent = 2): readonly string[] {
  const margin = ' '.repeat(indent);
  const width = lineWidth - indent - labelWidth;
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .flatMap((line) => wrap(printable(line), width))
    .map((line, at) => `${margin}${(at === 0 ? label : '').padEnd(labelWidth)}${line}`);
}

const labelWidth = 10;

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}
