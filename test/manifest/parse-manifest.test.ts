import { describe, expect, it } from 'vitest';
import { parseManifest } from '../../src/manifest/parse-manifest.ts';
import type { JsonObject, JsonValue } from '../../src/protocol/strict-json.ts';

const bot = {
  handle: 'billing-bot',
  kind: 'agent',
  name: 'Billing Bot',
  owners: ['lead@acme.com'],
  keyCustody: 'registry',
};
const reading = {
  type: 'allowed-actions',
  reason: 'CHG-4711',
  claims: { actions: [{ action: 'read', resource: 'logs/production' }] },
};
const jwk = { kty: 'EC' };

/** What is wrong, a line for each place; nothing for a manifest that is read. */
function faultsOf(manifest: JsonValue, maxAgents = 10): readonly string[] {
  const parsed = parseManifest(manifest, { maxAgents });
  return parsed.ok ? [] : parsed.faults.map(({ pointer, detail }) => `${pointer} ${detail}`);
}

const withBot = (changes: JsonObject): JsonValue => ({ agents: [{ ...bot, ...changes }] });

describe('a manifest', () => {
  it('gives its agents what the defaults say and they do not', () => {
    const { owners: _owners, keyCustody: _custody, ...bare } = bot;
    const parsed = parseManifest(
      {
        defaults: { team: 'payments', owners: ['a@acme.com'], keyCustody: 'issued', tags: ['x'] },
        agents: [bare, { ...bare, handle: 'other', team: null, jwk, owners: ['b@acme.com'] }],
      },
      { maxAgents: 2 },
    );
    expect(parsed).toEqual({
      ok: true,
      value: {
        agents: [
          {
            ...{ ...bare, team: 'payments', owners: ['a@acme.com'], tags: ['x'] },
            keyCustody: 'issued',
          },
          { ...bare, handle: 'other', team: null, owners: ['b@acme.com'], tags: ['x'], jwk },
        ],
      },
    });
  });

  it.each<[string, JsonValue, readonly string[]]>([
    ['a list', [], [' must be an object']],
    ['null', null, [' must be an object']],
    ['without agents', {}, ['/agents must be an array']],
    [
      'with too many agents',
      { agents: Array.from({ length: 11 }, () => bot) },
      ['/agents must have 0 to 10 entries'],
    ],
    ['with another member', { agents: [], agent: [] }, ['/agent is not a known member']],
    ['with an agent that is no object', { agents: ['bot'] }, ['/agents/0 must be an object']],
    [
      'with a handle among the defaults',
      { defaults: { handle: 'x' }, agents: [] },
      ['/defaults/handle is not a known member'],
    ],
    [
      'with a handle twice',
      { agents: [bot, { ...bot, name: 'Other' }] },
      ['/agents/1/handle is the handle of /agents/0 too'],
    ],
  ])('%s is refused at its place', (_, manifest, faults) => {
    expect(faultsOf(manifest)).toEqual(faults);
  });

  it.each<[string, JsonObject, readonly string[]]>([
    ['an unknown member', { Owner: 'x' }, ['/agents/0/Owner is not a known member']],
    [
      'a member of Object.prototype',
      { toString: 'x', constructor: {} },
      ['/agents/0/toString is not a known member', '/agents/0/constructor is not a known member'],
    ],
    [
      'a version that YAML takes for a number',
      { version: 3.2 },
      ['/agents/0/version must be text: put it in quotes'],
    ],
    [
      'an unknown kind',
      { kind: 'robot' },
      ['/agents/0/kind must be one of agent, mcp-server, mcp-client'],
    ],
    ['owners that are no list', { owners: 'lead@acme.com' }, ['/agents/0/owners must be an array']],
    [
      'a key and a custody',
      { jwk },
      ['/agents/0/keyCustody cannot stand beside a key that the agent brings'],
    ],
    [
      'two keys',
      { keyCustody: 'issued', jwk, jwkFile: 'a.json' },
      ['/agents/0/jwkFile cannot stand beside "jwk"'],
    ],
    [
      'a credential twice',
      { credentials: [reading, { ...reading, reason: 'other' }] },
      ['/agents/0/credentials/1 is there twice for this agent'],
    ],
    [
      'a credential without reason',
      { credentials: [{ type: 'x', claims: {} }] },
      ['/agents/0/credentials/0 must have the member "reason"'],
    ],
    [
      'two ends',
      {
        credentials: [{ ...reading, validFor: 'P1D', validUntil: '2027-01-01T00:00:00Z' }],
      },
      ['/agents/0/credentials/0/validFor cannot stand beside "validUntil"'],
    ],
    [
      'an end that is none',
      { expiresAt: 'soon' },
      ['/agents/0/expiresAt must be a date and time with a time zone'],
    ],
  ])('with %s is refused at its place', (_, changes, faults) => {
    expect(faultsOf(withBot(changes))).toEqual(faults);
  });

  it('without a key, an owner or a kind is refused, unless the defaults have it', () => {
    const bare = { handle: 'bot', name: 'Bot' };
    expect(faultsOf({ agents: [bare] })).toEqual([
      '/agents/0 must have the member "kind"',
      '/agents/0 must have the member "owners"',
      '/agents/0 must have one of "jwk", "jwkFile" and "keyCustody"',
    ]);
    const { handle: _handle, name: _name, ...defaults } = bot;
    expect(faultsOf({ defaults, agents: [bare] })).toEqual([]);
  });

  it('may have a key beside the custody issued, for a pair that was made elsewhere', () => {
    expect(faultsOf(withBot({ keyCustody: 'issued', jwk }))).toEqual([]);
  });
});
