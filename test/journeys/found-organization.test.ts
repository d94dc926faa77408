import { describe, expect, it } from 'vitest';
import type { RequestId } from '../../src/requests/remembered-request.ts';
import { openRegistryWorld } from './registry-world.ts';

const lab = { name: 'Lab', contact: 'lab@acme.com', baseUrl: 'https://id.lab.com' };
const pay = { name: 'Pay', contact: 'pay@acme.com', path: 'pay' };

describe('a new organization beside the first one', () => {
  it('comes with a token of every scope, its documents, and its lists', async () => {
    const world = await openRegistryWorld();
    const { organization, token, text } = await world.registry.foundOrganization({
      ...world.caller,
      ...lab,
    });
    expect(organization).toMatchObject({ ...lab, did: 'did:web:id.lab.com', standing: 'member' });
    expect(token).toMatchObject({ organizationId: organization.id, platform: false });
    expect(token.scopes).toContain('org:admin');
    expect(await world.registry.authenticate(text)).toEqual(token);
    for (const path of ['.well-known/did.json', 'status/1r', 'status/1s', 'token-status/1']) {
      expect(await world.document(`//id.lab.com/${path}`)).not.toBeNull();
    }
    expect(await world.json('//')).toEqual({ hosts: ['id.lab.com'] });
  });

  it('is in its own trail, and in that of whoever made it', async () => {
    const world = await openRegistryWorld();
    const { organization } = await world.registry.foundOrganization({ ...world.caller, ...pay });
    const made = (await world.audited()).filter(({ action }) => action === 'organization.created');
    expect(made.slice(1)).toMatchObject([
      { organizationId: organization.id, subject: organization.id, actor: world.caller.actor },
      { organizationId: world.organization.id, subject: organization.id },
    ]);
    expect((await world.json('/o/pay/did.json')).id).toBe('did:web:id.acme.com:o:pay');
    expect(await world.document('//')).toBeNull();
  });

  it('is made once for a request whose answer was lost, and its unseen token ends', async () => {
    const world = await openRegistryWorld();
    const requestId = 'req_01m7wd7tg0aaaaaaaaaaaaaaaa' as RequestId;
    const order = { ...world.caller, ...pay, requestId };
    const lost = await world.registry.foundOrganization(order);
    const again = await world.registry.foundOrganization(order);
    expect(again.organization).toEqual(lost.organization);
    expect(await world.registry.authenticate(lost.text)).toBeNull();
    expect(await world.registry.authenticate(again.text)).toEqual(again.token);
    expect(await world.registry.listOrganizations({ limit: 9 })).toHaveLength(2);
  });

  it.each([
    ['its own host', { baseUrl: 'https://id.acme.com' }, 'base-url-taken'],
    ['the base URL of the first one', { path: 'first' }, 'base-url-taken'],
    ['a scheme of its own', { baseUrl: 'http://lab.localhost' }, 'invalid-input'],
    ['a name of loopback', { baseUrl: 'https://lab.localhost' }, 'invalid-input'],
    ['a host with a path', { baseUrl: 'https://id.lab.com/o/x' }, 'invalid-input'],
    ['a host in capitals', { baseUrl: 'https://ID.lab.com' }, 'invalid-input'],
    ['a default port', { baseUrl: 'https://id.lab.com:443' }, 'invalid-input'],
    ['a slash', { baseUrl: 'https://id.lab.com/' }, 'invalid-input'],
    ['an address', { baseUrl: 'https://192.0.2.1' }, 'invalid-input'],
    ['a double hyphen', { path: 'a--b' }, 'invalid-input'],
    ['41 characters', { path: 'a'.repeat(41) }, 'invalid-input'],
    ['nothing', { path: '' }, 'invalid-input'],
    ['a reserved word', { path: 'schemas' }, 'invalid-input'],
    ['the word of the event keys', { path: 'ssf' }, 'invalid-input'],
  ])('is refused with %s', async (_, place, code) => {
    const world = await openRegistryWorld({ baseUrl: 'https://id.acme.com/o/first' });
    const before = await world.snapshot();
    const order = { ...world.caller, name: 'X', contact: 'x@acme.com', ...place };
    await expect(world.registry.foundOrganization(order)).rejects.toMatchObject({ code });
    expect(await world.snapshot()).toStrictEqual(before);
  });
});

describe('two organizations with the same names', () => {
  it('publish next to each other, and retire alone', async () => {
    const world = await openRegistryWorld();
    const { organization } = await world.registry.foundOrganization({ ...world.caller, ...lab });
    await world.enrol('bot');
    await world.enrol('bot', { organizationId: organization.id });
    const theirs = await world.document('//id.lab.com/a/bot/client.json');
    expect((await world.json('/a/bot/client.json')).client_id).toBe(
      'https://id.acme.com/a/bot/client.json',
    );
    expect((await world.json('//id.lab.com/a/bot/client.json')).client_id).toBe(
      'https://id.lab.com/a/bot/client.json',
    );
    await world.registry.retireAgent({ ...world.caller, handle: 'bot', reason: 'CHG-1' });
    expect((await world.document('/a/bot/client.json'))?.state).toBe('gone');
    expect(await world.document('//id.lab.com/a/bot/client.json')).toEqual(theirs);
    const listed = await world.registry.listAgentDocuments({
      ...world.caller,
      organizationId: organization.id,
      handle: 'bot',
    });
    expect(listed.map(({ path }) => path)).toContain('//id.lab.com/a/bot/client.json');
    expect(listed.every(({ path }) => path.startsWith('//id.lab.com/a/bot/'))).toBe(true);
  });
});
