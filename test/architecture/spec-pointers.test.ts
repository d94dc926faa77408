import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const source = resolve(import.meta.dirname, '../../src');
const readme = readFileSync(join(source, 'protocol/README.md'), 'utf8');

/** Comments of one module as texts; lines that follow one another are one comment. */
function commentsOf(text: string): string[] {
  const blocks = text.match(/\/\*[\s\S]*?\*\/|(?:^|(?<=\s))\/\/.*(?:\n[ \t]*\/\/.*)*/gm) ?? [];
  return blocks.map((block) => block.replace(/\n\s*(?:\*|\/\/)/g, ' ').replace(/\s+/g, ' '));
}

/** The short names before each `§`. In `RFC 7519 §4.1 and §5` the second place has no name anew. */
function namesIn(comment: string): string[] {
  return [...comment.matchAll(/((?:\b[A-Z]{2,} )?[\w:.-]+) §/g)]
    .map(([, name = '']) => name)
    .filter((name) => name !== 'and');
}

/** Names joined by ` · `, where a bare number goes on with the family of the name before it. */
function expand(list: string): string[] {
  let family = '';
  return list.split(' · ').map((item) => {
    if (/^\d[\d-]*$/.test(item)) return `${family} ${item}`;
    family = item.split(' ')[0] ?? '';
    return item;
  });
}

const table = [...readme.matchAll(/^\| ([^|]+) \| [^|]+ \| `[^|]+ \|$/gm)].map(
  ([, names = '']) => names,
);
const [, others = ''] = /^Rooms above this one also point to: ([\s\S]*?)\.\n\n/m.exec(readme) ?? [];
const defined = new Set([
  ...table.flatMap(expand),
  ...expand(others.replace(/ ?\([^)]*\)/g, '').replace(/\s+/g, ' ')),
]);

function modulesIn(room: string): string[] {
  return readdirSync(join(source, room), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(room, name));
}

function pointersIn(module: string): string[] {
  return commentsOf(readFileSync(join(source, module), 'utf8')).flatMap(namesIn);
}

describe('pointers to standards', () => {
  it.each(['protocol', 'lint', 'verifier'])('in %s use the short names of the table', (room) => {
    const offenders = modulesIn(room).flatMap((module) =>
      pointersIn(module)
        .filter((name) => !defined.has(name))
        .map((name) => `${module} -> ${name}`),
    );
    expect(offenders).toEqual([]);
  });

  it('are seen at all, and the table is read', () => {
    expect(modulesIn('protocol').flatMap(pointersIn).length).toBeGreaterThan(60);
    expect(modulesIn('verifier').flatMap(pointersIn).length).toBeGreaterThan(15);
    for (const name of ['CIMD-02', 'RFC 8037', 'FIPS 186-5', 'did:web', 'RFC 9111', 'SEC 1']) {
      expect(defined).toContain(name);
    }
    expect(namesIn('as RFC 7519 §4.1 and §5 say, (did:web §2), XYZ §1')).toEqual([
      'RFC 7519',
      'did:web',
      'XYZ',
    ]);
    expect(commentsOf('a(); // RFC 1\n  // §2\nb();\n/** BSL\n * §3 */')).toEqual([
      '// RFC 1 §2',
      '/** BSL §3 */',
    ]);
  });
});
