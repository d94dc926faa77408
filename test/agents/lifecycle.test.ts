import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { adviceFor } from '../../src/agents/agent-advice.ts';
import {
  defaultEnd,
  getsPapers,
  lifecycle,
  stateAfter,
  stateOf,
} from '../../src/agents/lifecycle.ts';
import { agentNamed, noon } from '../contracts/entities.ts';

const page = readFileSync(resolve(import.meta.dirname, '../../docs/lifecycle.md'), 'utf8');

/** The rows of the first table of the page. */
function documentedStates(): readonly string[] {
  const lines = page.split('\n');
  const head = lines.findIndex((line) => line.startsWith('| state |'));
  const length = lines.slice(head).findIndex((line) => !line.startsWith('|'));
  return lines.slice(head, head + length);
}

describe('the table of states', () => {
  it('is the same in the documentation', () => {
    const rows = Object.entries(lifecycle).map(([state, meaning]) => {
      const { documents, credentials, newCredentials, assertions } = meaning;
      const changes = meaning.changes.map((change) => `${change}: ${stateOf[change]}`);
      const cells = [state, documents, credentials, newCredentials, assertions];
      return `| ${[...cells, changes.join(', ')].join(' | ')} |`.replace('|  |', '| |');
    });
    expect(documentedStates()).toEqual([
      '| state | documents | credentials | new credentials | client assertions | changes |',
      '|---|---|---|---|---|---|',
      ...rows,
    ]);
  });

  it('has no way back from retired', () => {
    for (const change of ['suspend', 'resume', 'retire'] as const) {
      expect(stateAfter(agentNamed('bot', { state: 'retired' }), change, noon())).toBeNull();
    }
  });
});

describe('the end of an agent', () => {
  it('is a year after its start unless somebody names another', () => {
    const start = new Date('2028-02-29T12:00:00.250Z');
    expect(defaultEnd(start)).toEqual(new Date('2029-03-01T12:00:00.250Z'));
  });

  it('is the end of its papers, and of a suspension that would resume', () => {
    const agent = agentNamed('bot', { expiresAt: noon(60) });
    expect([getsPapers(agent, noon(59)), getsPapers(agent, noon(60))]).toEqual([true, false]);
    const suspended = agentNamed('bot', { state: 'suspended', expiresAt: noon(60) });
    expect(getsPapers(suspended, noon())).toBe(false);
    expect(stateAfter(suspended, 'resume', noon(59))).toBe('active');
    expect(stateAfter(suspended, 'resume', noon(60))).toBeNull();
    expect(stateAfter(suspended, 'retire', noon(60))).toBe('retired');
  });
});

describe('advice', () => {
  const codesFor = (owners: readonly string[], expiresAt: Date | null) =>
    adviceFor({ owners, expiresAt }).map(({ code }) => code);

  it('is to name a second owner, and an end', () => {
    expect(codesFor(['a@acme.com'], noon(60))).toEqual(['one-owner']);
    expect(codesFor(['a@acme.com', 'b@acme.com'], noon(60))).toEqual([]);
    expect(codesFor(['a@acme.com', 'b@acme.com'], null)).toEqual(['no-end']);
  });
});
