const atTop = /^(?:import|export)\s+(?:type\s+)?(?:[\w$*{}\s,]+?\s+from\s+)?['"]([^'"]+)['"]/gm;
const inside = /(?<!['"`])\b(?:import|require|import\.meta\.resolve)\(\s*['"]([^'"]+)['"]/g;

/** What a module imports, exports from, requires or resolves by name, in the words of its text. */
export function readImports(text: string): readonly string[] {
  return [...text.matchAll(atTop), ...text.matchAll(inside)].map((match) => match[1] ?? '');
}
