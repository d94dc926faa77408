import { describe, expect, it } from 'vitest';
import type { AgentProfile } from '../../src/agents/agent.ts';
import { checkClientIdLength, checkHandle, checkProfile } from '../../src/agents/agent-profile.ts';
import { refusalOf } from '../kernel/refusal.ts';
import { anAgent } from './made-agent.ts';

describe('a handle', () => {
  it.each(['ab', 'a1', '42', 'billing-bot', 'a-b-c', `a${'-b'.repeat(19)}c`])(
    'may be %j',
    (text) => {
      expect(refusalOf(() => checkHandle(text))).toStrictEqual(['accepted']);
    },
  );

  const malformed = [
    ...['', 'a', 'x'.repeat(41), '-ab', 'ab-', 'a--b', 'Ab', 'a_b', 'a.b', 'a b', 'a/b', '..'],
    ...['ab\n', 'ä1', 'a%62', 'a\0b', '𝒶𝒷'],
  ];
  it.each(malformed)('is never %j', (text) => {
    expect(refusalOf(() => checkHandle(text))).toStrictEqual([
      'invalid-input',
      '/handle: use 2 to 40 of a-z, 0-9 and single inner hyphens',
    ]);
  });
});

describe('the length of a client_id', () => {
  const urlOf = (bytes: number) => `https://id.acme.com/${'x'.repeat(bytes - 20)}`;

  it('is at most 120 bytes', () => {
    expect(urlOf(120)).toHaveLength(120);
    expect(refusalOf(() => checkClientIdLength(urlOf(120)))).toStrictEqual(['accepted']);
    expect(refusalOf(() => checkClientIdLength(urlOf(121)))).toStrictEqual([
      'client-id-too-long',
      '/handle: choose a shorter handle',
    ]);
  });
});

const development = { loopback: true };
const production = { loopback: false };

function faultsOf(changes: Partial<AgentProfile>, rules = production): readonly string[] {
  return refusalOf(() => checkProfile(anAgent(changes), rules)).slice(1);
}

describe('a profile', () => {
  it('may use all the room there is', () => {
    const changes: Partial<AgentProfile> = {
      name: 'n'.repeat(120),
      description: 'd'.repeat(500),
      team: 't'.repeat(60),
      version: 'v'.repeat(40),
      owners: Array.from({ length: 20 }, (_, place) => `owner${place}@acme.com`),
      tags: Array.from({ length: 20 }, (_, place) => `tag-${place}`),
      redirectUris: Array.from({ length: 10 }, (_, place) => `https://acme.com/${place}`),
      logoUri: 'https://acme.com/logo.png',
    };
    expect(faultsOf(changes)).toStrictEqual([]);
  });

  const url = 'must be a URL of at most 500 characters';
  const user = 'must have no user information and no fragment';
  const printable = 'must not hold control characters';
  const cases: readonly (readonly [Partial<AgentProfile>, string])[] = [
    [{ name: '' }, '/name: must not be empty'],
    [{ name: ' \t' }, '/name: must not be empty'],
    [{ name: 'n'.repeat(121) }, '/name: must have at most 120 characters'],
    [{ name: 'Billing\u0007' }, `/name: ${printable}`],
    [{ name: 'Bil\u202eling' }, `/name: ${printable}`],
    [{ name: 'Bil\u200bling' }, `/name: ${printable}`],
    [{ name: 'Bil\u2028ling' }, `/name: ${printable}`],
    [{ description: '' }, '/description: must not be empty'],
    [{ description: 'd'.repeat(501) }, '/description: must have at most 500 characters'],
    [{ team: 't'.repeat(61) }, '/team: must have at most 60 characters'],
    [{ version: 'v'.repeat(41) }, '/version: must have at most 40 characters'],
    [{ version: '1\n' }, `/version: ${printable}`],
    [{ owners: [] }, '/owners: name at least one owner'],
    [{ owners: ['lead'] }, '/owners/0: must be an e-mail address'],
    [{ owners: ['a@b', 'Lead <a@b>'] }, '/owners/1: must be an e-mail address'],
    [{ owners: ['le\u202ead@b'] }, '/owners/0: must be an e-mail address'],
    [{ owners: ['lead@b\u0007'] }, '/owners/0: must be an e-mail address'],
    [{ owners: ['a@b', 'a@b'] }, '/owners: must not repeat an entry'],
    [
      { owners: Array.from({ length: 21 }, (_, place) => `o${place}@b`) },
      '/owners: must have at most 20 entries',
    ],
    [{ tags: ['prod', ''] }, '/tags/1: must not be empty'],
    [{ tags: ['t'.repeat(41)] }, '/tags/0: must have at most 40 characters'],
    [{ tags: ['prod', 'prod'] }, '/tags: must not repeat an entry'],
    [
      { tags: Array.from({ length: 21 }, (_, place) => `t${place}`) },
      '/tags: must have at most 20 entries',
    ],
    [{ redirectUris: ['callback'] }, `/redirectUris/0: ${url}`],
    [{ redirectUris: [`https://acme.com/${'x'.repeat(484)}`] }, `/redirectUris/0: ${url}`],
    [{ redirectUris: ['https://acme.com/\ncb'] }, `/redirectUris/0: ${url}`],
    [{ redirectUris: ['https:acme.com/cb'] }, `/redirectUris/0: ${url}`],
    [{ redirectUris: ['https:///acme.com/cb'] }, `/redirectUris/0: ${url}`],
    [{ redirectUris: ['https:\\\\acme.com/cb'] }, `/redirectUris/0: ${url}`],
    [{ redirectUris: ['http://acme.com/cb'] }, '/redirectUris/0: must use https'],
    [{ redirectUris: ['http://localhost/cb'] }, '/redirectUris/0: must use https'],
    [{ redirectUris: ['javascript:alert(1)'] }, '/redirectUris/0: must use https'],
    [{ redirectUris: ['https://me@acme.com/cb'] }, `/redirectUris/0: ${user}`],
    [{ redirectUris: ['https://acme.com/cb#'] }, `/redirectUris/0: ${user}`],
    [
      { redirectUris: ['https://acme.com/cb', 'https://acme.com/cb'] },
      '/redirectUris: must not repeat an entry',
    ],
    [
      { redirectUris: Array.from({ length: 11 }, (_, place) => `https://acme.com/${place}`) },
      '/redirectUris: must have at most 10 entries',
    ],
    [{ profiles: ['strict', 'strict'] }, '/profiles: must not repeat an entry'],
    [{ logoUri: 'http://acme.com/logo.png' }, '/logoUri: must use https'],
    [{ logoUri: 'data:image/png;base64,AA==' }, '/logoUri: must use https'],
  ];
  it.each(cases)('like %j is refused at its place', (changes, fault) => {
    expect(faultsOf(changes)).toStrictEqual([fault]);
  });

  it('is told all its faults at once', () => {
    const changes = { name: '', owners: ['lead'], redirectUris: ['http://acme.com'], logoUri: '?' };
    expect(faultsOf(changes)).toStrictEqual([
      '/name: must not be empty',
      '/owners/0: must be an e-mail address',
      '/redirectUris/0: must use https',
      `/logoUri: ${url}`,
    ]);
  });

  it('may use plain http on this machine in development, and nowhere else', () => {
    for (const host of ['localhost:3000', '127.0.0.1:3000', '[::1]:3000']) {
      const here = { redirectUris: [`http://${host}/cb`] };
      expect(faultsOf(here, development)).toStrictEqual([]);
      expect(faultsOf(here)).toStrictEqual(['/redirectUris/0: must use https']);
    }
    for (const uri of ['http://acme.com/cb', 'http://localhost.acme.com/cb', 'http://10.0.0.1/']) {
      expect(faultsOf({ redirectUris: [uri] }, development)).toStrictEqual([
        '/redirectUris/0: must use https',
      ]);
    }
    expect(faultsOf({ logoUri: 'http://localhost/logo.png' }, development)).toStrictEqual([
      '/logoUri: must use https',
    ]);
  });
});
