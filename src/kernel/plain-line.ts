const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/**
 * Whether a text is one line that shows what it holds: without control and format characters, which
 * move cursors and turn the reading direction, line separators, and halves of surrogate pairs.
 */
export function isPlainLine(text: string): boolean {
  return !unprintable.test(text);
}
