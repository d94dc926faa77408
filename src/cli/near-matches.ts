const mostMatches = 3;
const maxLength = 80;

/** The names that are nearest to what was typed, nearest first; none when nothing is near. */
export function nearMatches(typed: string, names: readonly string[]): readonly string[] {
  if (typed.length > maxLength) return [];
  const lower = typed.toLowerCase();
  return names
    .map((name) => ({ name, distance: distanceOf(lower, name) }))
    .filter(({ name, distance }) => distance <= Math.max(lower.length, name.length) / 3)
    .sort((one, other) => one.distance - other.distance)
    .slice(0, mostMatches)
    .map(({ name }) => name);
}

/** A part of a name is near to it, however much is missing; otherwise letters are counted. */
function distanceOf(typed: string, name: string): number {
  if (typed.length > 3 && name.includes(typed)) return 1;
  return editDistance(typed, name);
}

/** Letters to insert, remove or replace (Levenshtein), row by row. */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const [line, letter] of [...one].entries()) {
    const next = [line + 1];
    for (const [at, against] of [...other].entries()) {
      const replaced = (row[at] ?? 0) + (letter === against ? 0 : 1);
      next.push(Math.min(replaced, (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
