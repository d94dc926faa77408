import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checks } from '../../src/verifier/verify-client.ts';
import { tamperings } from './support/tamperings.ts';

const root = resolve(import.meta.dirname, '../..');
const pages = join(root, 'docs/checks');
const ids = checks.map(([id]) => id);

describe('the pages of the checks', () => {
  it('are one for each check', () => {
    expect(readdirSync(pages).sort()).toEqual(ids.map((id) => `${id}.md`).sort());
  });

  it.each(ids)('%s says what it checks, why, when it fails, and who mends it how', (id) => {
    const page = readFileSync(join(pages, `${id}.md`), 'utf8');
    const headings = page.split('\n').filter((line) => line.startsWith('#'));
    expect(headings[0]).toMatch(new RegExp(`^# \`${id.replace('.', '\\.')}\`: \\S`));
    expect(headings.slice(1)).toEqual([
      '## What it checks',
      '## Why it matters',
      '## Why it fails',
      '## How to mend it',
      '## Who mends it',
    ]);
    expect(page).toMatch(/\n## Who mends it\n\n\*\*(?:Publisher|Issuer|Operator)\.\*\* \S.*\n$/);
  });

  it.each(tamperings)('$check.md names $reason', ({ check, reason, outcome }) => {
    const page = readFileSync(join(pages, `${check}.md`), 'utf8');
    const row = page.split('\n').filter((line) => line.includes(`\`${reason}\``));
    expect(row.some((line) => line.includes(outcome))).toBe(true);
  });
});

describe('the checks', () => {
  it('are one to a file, by the name of the file', () => {
    const files = readdirSync(join(root, 'src/verifier/checks'));
    expect(files.sort()).toEqual(ids.map((id) => `${id.replace('.', '-')}.ts`).sort());
  });

  it('have distinct, stable ids', () => {
    expect(ids).toEqual([
      'client-id.syntax',
      'client-id.trust',
      'document.fetch',
      'document.metadata',
      'document.client-id',
      'document.credential',
      'credential.envelope',
      'issuer.trust',
      'issuer.did',
      'issuer.key',
      'credential.signature',
      'credential.schema',
      'credential.validity',
      'credential.lifetime',
      'credential.subject',
      'document.digest',
      'document.keys',
      'status.entries',
      'status.lists',
      'status.revocation',
      'status.suspension',
      'credential.facets',
      'policy.credentials',
      'policy.claims',
      'policy.attestations',
      'policy.scopes',
      'policy.approval',
      'access.scopes',
      'access.details',
    ]);
  });
});
