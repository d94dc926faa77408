import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const link = /\]\(([^)\s]+)\)/g;
/** A path from the root; a pattern counts up to its first `*`, and an ellipsis ends it. */
const path = /(?<![\w./:-])(?:src|test|docs)\/[\w./-]*/g;

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

/** Where the relative links of a page lead, and the paths that it names, both from the root. */
function placesIn(page: string, text: string): string[] {
  const links = [...text.matchAll(link)]
    .map(([, target = '']) => target.replace(/#.*$/, ''))
    .filter((target) => target !== '' && !/^[a-z]+:/i.test(target))
    .map((target) => join(dirname(page), target));
  const paths = [...text.matchAll(path)].map(([found]) => found.replace(/\.+$/, ''));
  return [...links, ...paths];
}

function placesOf(page: string): string[] {
  return placesIn(page, readFileSync(join(root, page), 'utf8'));
}

describe('the pages for people', () => {
  it.each(pages)('%s names only what exists', (page) => {
    expect(placesOf(page).filter((place) => !existsSync(join(root, place)))).toEqual([]);
  });

  it('are read at all', () => {
    expect(pages).toContain('docs/checks/status.lists.md');
    expect(placesOf('README.md')).toContain('docs/draft.md');
    expect(placesOf('CONTRIBUTING.md')).toContain('test/architecture/floors.test.ts');
    expect(placesOf('docs/api.md')).toContain('README.md');
    expect(
      placesIn(
        'docs/x.md',
        '[a](y.md#z) [b](https://a.example/docs/c) `src/d.ts`. src/**/e [f](#g)',
      ),
    ).toEqual(['docs/y.md', 'src/d.ts', 'src/']);
  });
});
