const styles = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
} as const;

/** How text stands out: callers name a style, and `Paint` knows whether it is shown. */
export type Style = keyof typeof styles;

/** Gives text a style, or leaves it as it is where no colour is wanted. */
export type Paint = (style: Style, text: string) => string;

/** Each style ends with its own code, so that styles nest. */
export function createPaint(colour: boolean): Paint {
  return (style, text) => {
    const [on, off] = styles[style];
    return colour ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  };
}

/**
 * Text from elsewhere as one harmless line: control and format characters, which could move the
 * cursor, recolour the screen or turn the reading direction, become U+FFFD.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u{fffd}');
}

const maxShown = 200;

/** The beginning of a text that may be as long as its author liked. */
export function shortened(text: string): string {
  return text.length > maxShown ? `${text.slice(0, maxShown)}…` : text;
}

/** JSON on indented lines. The same characters stand escaped, which changes nothing for programs. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (found) =>
    found === '\n' ? found : escaped(found),
  );
}

function escaped(text: string): string {
  const units = Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}

/** Rows under headings, in columns as wide as their widest cell. */
export function renderTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const lines = [headings, ...rows.map((row) => row.map(printable))];
  const widths = headings.map((_, column) =>
    Math.max(...lines.map((line) => (line[column] ?? '').length)),
  );
  return lines.map((line) => `${padded(line, widths)}\n`).join('');
}

/** Labels and values, one pair a line. */
export function renderPairs(pairs: readonly (readonly [label: string, value: string])[]): string {
  const width = Math.max(...pairs.map(([label]) => label.length));
  return pairs.map(([label, value]) => `  ${label.padEnd(width)}  ${printable(value)}\n`).join('');
}

function padded(line: readonly string[], widths: readonly number[]): string {
  return line
    .map((cell, column) => cell.padEnd(widths[column] ?? 0))
    .join('  ')
    .trimEnd();
}
