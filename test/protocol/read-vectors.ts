import { readFileSync } from 'node:fs';

/** The cases of a text vector: one to a line, comments and empty lines left out. */
export function readVectors(name: string): string[] {
  const file = new URL(`../vectors/${name}`, import.meta.url);
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** The cases of a vector whose lines are a rule, a space and a JSON string. */
export function readRefusals(name: string): { rule: string; input: unknown }[] {
  return readVectors(name).map((line) => {
    const gap = line.indexOf(' ');
    return { rule: line.slice(0, gap), input: JSON.parse(line.slice(gap + 1)) };
  });
}
