import { expect, test } from 'vitest';
import { problemPages } from '../../src/http/problem-pages.ts';
import { problems } from '../../src/http/problems.ts';

test('every code has a page that says how to mend it', () => {
  const pages = new Map(problemPages().map(({ path, html }) => [path, html]));
  expect(pages.size).toBe(Object.keys(problems).length);
  for (const [code, { title }] of Object.entries(problems)) {
    const html = pages.get(`/problems/${code}`) ?? '';
    expect(html).toMatch(/^<!doctype html><html lang="en">/);
    expect(html).toContain(`<h1>${title}</h1>`);
    expect(html).toContain(`<code>${code}</code>`);
    expect(html).not.toContain('<script');
  }
});

test('a fix is a sentence or more, without markup', () => {
  for (const { title, fix } of Object.values(problems)) {
    expect(fix).toMatch(/^[A-Z].*\.$/);
    expect(title).toMatch(/^[A-Z].*[^.]$/);
  }
});
