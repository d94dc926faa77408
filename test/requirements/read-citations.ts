import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const id = String.raw`(?:[a-z]+:)?[A-Z]{1,4}-\d{2}[a-z]?`;
// A citation opens a string: 'B-03 refuses …', or 'B-03, B-04: …'.
const citation = new RegExp(String.raw`['"\`](${id}(?:, ${id})*)(?=[ '":\`])`, 'g');

/** The ids that open a string in a test, with the files in which they do. */
export function readCitations(folder: string): ReadonlyMap<string, readonly string[]> {
  const citations = new Map<string, string[]>();
  for (const file of testFilesOf(folder)) {
    for (const [, ids = ''] of readFileSync(file, 'utf8').matchAll(citation)) {
      for (const cited of ids.split(', ')) {
        citations.set(cited, [...(citations.get(cited) ?? []), file]);
      }
    }
  }
  return citations;
}

function testFilesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.startsWith('requirements/'))
    .map((name) => join(folder, name));
}
