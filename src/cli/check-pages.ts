import { readdirSync, readFileSync } from 'node:fs';

/** Whose job it is to mend what a check found. */
export type Mender = 'publisher' | 'issuer' | 'operator';

/** One row of "Why it fails". */
export interface Failure {
  /** Reasons of a verdict that the row names; empty where it speaks of those of other checks. */
  readonly reasons: readonly string[];
  readonly outcome: string;
  readonly when: string;
}

/** What the page of a check says, part by part; Markdown without its links. */
export interface CheckPage {
  readonly id: string;
  readonly title: string;
  readonly checks: string;
  readonly matters: string;
  readonly failures: readonly Failure[];
  readonly mend: string;
  readonly mender: Mender;
  /** What to tell them. */
  readonly tell: string;
}

// The pages are part of the package; from `src/` and from `dist/` the way to them is the same.
const folder = new URL('../../docs/checks/', import.meta.url);

/** The ids of all checks, by their pages. */
export function checkIds(): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .map((name) => name.slice(0, -'.md'.length))
    .sort();
}

/** The page of a check that `checkIds` names. */
export function readCheckPage(id: string): CheckPage {
  return parseCheckPage(id, readFileSync(new URL(`${id}.md`, folder), 'utf8'));
}

function parseCheckPage(id: string, page: string): CheckPage {
  const [head = '', ...rest] = page.split(/^## /m);
  const sections = new Map(
    rest.map((section) => {
      const [heading = '', ...lines] = section.split('\n');
      return [heading, withoutLinks(lines.join('\n').trim())] as const;
    }),
  );
  const part = (heading: string) => sections.get(heading) ?? '';
  const [, who = '', tell = ''] = /^\*\*(\w+)\.\*\* (.*)$/s.exec(part('Who mends it')) ?? [];
  return {
    id,
    title: head.replace(/^# `[^`]*`: /, '').trim(),
    checks: part('What it checks'),
    matters: part('Why it matters'),
    failures: failuresIn(part('Why it fails')),
    mend: part('How to mend it'),
    mender: menders[who] ?? 'publisher',
    tell,
  };
}

const menders: Readonly<Record<string, Mender>> = {
  Publisher: 'publisher',
  Issuer: 'issuer',
  Operator: 'operator',
};

/** The rows of the table, without its heading. */
function failuresIn(text: string): readonly Failure[] {
  const rows = text.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) => {
    const [, reason = '', outcome = '', when = ''] = row.split('|').map((cell) => cell.trim());
    const reasons = [...reason.matchAll(/`([a-z-]+)`/g)].map(([, name = '']) => name);
    return { reasons, outcome, when };
  });
}

function withoutLinks(markdown: string): string {
  return markdown.replace(/\[([^\]]+)\]\([^)]+\)/g, '$1');
}
