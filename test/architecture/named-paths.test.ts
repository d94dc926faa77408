import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const link = /\]\(([^)\s]+)\)/g;
/** A path from the root; a pattern counts up to its first `*`, and an ellipsis ends it. */
const path = /(?<![\w./:-])(?:src|test|docs)\/[\w./-]*/g;

const pagesBelow = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));

const pages = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'],
  ...pagesBelow('docs'),
  ...pagesBelow('src'),
];

const textOf = (page: string) => readFileSync(join(root, page), 'utf8');

/** The names that the headings of a page have in links, as the hosts of repositories make them. */
function anchorsOf(text: string): readonly string[] {
  return [...text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  );
}

/** The links of a page to a heading that the page they lead to does not have. */
function lostAnchorsOf(page: string): readonly string[] {
  return [...textOf(page).matchAll(link)]
    .map(([, target = '']) => target)
    .filter((target) => /^(?!https?:)[^#]*#/.test(target))
    .filter((target) => {
      const [path = '', anchor = ''] = target.split('#');
      const there = path === '' ? page : join(dirname(page), path);
      return !anchorsOf(textOf(there)).includes(anchor);
    });
}

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
  return placesIn(page, textOf(page));
}

describe('the pages for people', () => {
  it.each(pages)('%s names only what exists', (page) => {
    expect(placesOf(page).filter((place) => !existsSync(join(root, place)))).toEqual([]);
  });

  it.each(pages)('%s leads to headings that exist', (page) => {
    expect(lostAnchorsOf(page)).toEqual([]);
  });

  it('are read at all', () => {
    expect(anchorsOf('# A `b`: c, d\n## E-f\n```\n# g\n```\n')).toEqual(['a-b-c-d', 'e-f']);
    expect(pages).toContain('src/verifier/README.md');
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
