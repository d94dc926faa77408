import { describe, expect, it, vi } from 'vitest';
import { createEventReceiver } from '../../../src/verifier/index.ts';
import {
  audience,
  createEventWorld,
  credentialChange,
  type EventWorld,
} from '../support/event-world.ts';
import { createKey, signCompact } from '../support/paper-world.ts';
import { createSlowAnswers, type SlowAnswers } from '../support/slow-answers.ts';

async function outcomeOf({ verifier, papers }: EventWorld): Promise<string> {
  const { outcome, reason } = await verifier.verifyClient(papers.clientId);
  return reason ?? outcome;
}

function revoke({ papers }: EventWorld): Promise<void> {
  return papers.publishList({ purpose: 'revocation', set: [papers.index] });
}

describe('an event of a transmitter that is trusted', () => {
  it('has the next verdict see a revocation that would have been seen later', async () => {
    const world = await createEventWorld();
    expect(await outcomeOf(world)).toBe('accepted');
    await revoke(world);
    expect(await outcomeOf(world)).toBe('accepted');
    const receipt = await world.receiver.receive(await world.set());
    expect(receipt).toMatchObject({ outcome: 'accepted', effect: 'dropped' });
    expect(await outcomeOf(world)).toBe('status-revoked');
  });

  it('has the copies that it names asked for past every cache, and no others', async () => {
    const world = await createEventWorld();
    await outcomeOf(world);
    const before = world.papers.fetch.asked.length;
    await world.receiver.receive(await world.set());
    await outcomeOf(world);
    const asked = world.papers.fetch.asked.slice(before);
    expect(asked.filter((url) => !url.includes('/ssf')).sort()).toEqual([
      world.papers.clientId,
      world.papers.jwksUri,
      world.papers.revocationList,
    ]);
    const again = world.papers.fetch.asked.lastIndexOf(world.papers.revocationList);
    expect(world.papers.fetch.options[again]?.revalidate).toBe(true);
  });

  it('by a standard that names no documents has every list of the issuer read again', async () => {
    const world = await createEventWorld();
    await outcomeOf(world);
    await revoke(world);
    const events = { [credentialChange]: { change_type: 'revoke', credential_type: 'x' } };
    await world.receiver.receive(await world.set({ claims: { events } }));
    expect(await outcomeOf(world)).toBe('status-revoked');
    expect(world.asked(world.papers.suspensionList)).toBe(2);
  });

  it('names documents of its own alone: what it says of other hosts is not heard', async () => {
    const world = await createEventWorld();
    await outcomeOf(world);
    const urls = ['https://id.acme.com.evil.example/status/7r', 'https://id.other.com/status/1r'];
    const notice = { type: 'credential.revoked', urls };
    const events = { [credentialChange]: { 'urn:sealwright:event': notice } };
    await world.receiver.receive(await world.set({ claims: { events } }));
    await revoke(world);
    expect(await outcomeOf(world)).toBe('status-revoked');
  });

  it('does not have the documents of other issuers’ clients read again', async () => {
    const world = await createEventWorld();
    const other = 'https://id.other.com/a/bot/client.json';
    world.verifier.replacePolicy({
      mode: 'enforce',
      trust: [
        ...world.papers.policy.trust,
        {
          issuer: 'did:web:id.other.com',
          clientIds: ['https://id.other.com/a/'],
          credentialTypes: ['AgentAuthorizationCredential'],
        },
      ],
    });
    world.papers.serveJson(other, {});
    await world.verifier.read(other);
    const sub_id = { format: 'uri', uri: other };
    const receipt = await world.receiver.receive(await world.set({ claims: { sub_id } }));
    expect(receipt).toMatchObject({ effect: 'dropped' });
    expect((await world.verifier.read(other)).ok).toBe(true);
    expect(world.asked(other)).toBe(1);
  });

  it('about the issuer itself has everything of it read again', async () => {
    const world = await createEventWorld();
    await outcomeOf(world);
    const before = world.papers.fetch.asked.length;
    const sub_id = { format: 'did', url: world.papers.issuer };
    const events = { [credentialChange]: {} };
    await world.receiver.receive(await world.set({ claims: { sub_id, events } }));
    await outcomeOf(world);
    const asked = new Set(world.papers.fetch.asked.slice(before));
    const { clientId, jwksUri, didUrl, revocationList, suspensionList } = world.papers;
    for (const url of [clientId, jwksUri, didUrl, revocationList, suspensionList]) {
      expect(asked).toContain(url);
    }
  });

  it('about an agent by its DID, or by one of several names, is about its client', async () => {
    for (const sub_id of [
      { format: 'did', url: 'did:web:id.acme.com:a:billing-bot' },
      {
        format: 'aliases',
        identifiers: [
          { format: 'email', email: 'x@acme.com' },
          { format: 'uri', uri: 'https://id.acme.com/a/billing-bot/client.json' },
        ],
      },
      {
        format: 'complex',
        application: { format: 'opaque', id: 'https://id.acme.com/a/billing-bot/client.json' },
      },
    ]) {
      const world = await createEventWorld();
      await outcomeOf(world);
      await world.receiver.receive(await world.set({ claims: { sub_id } }));
      await outcomeOf(world);
      expect(world.asked(world.papers.clientId)).toBe(2);
    }
  });

  it('is taken once: a second time it drops nothing', async () => {
    const world = await createEventWorld();
    const set = await world.set();
    expect(await world.receiver.receive(set)).toMatchObject({ effect: 'dropped' });
    await outcomeOf(world);
    const asked = world.asked(world.papers.revocationList);
    expect(await world.receiver.receive(set)).toMatchObject({ effect: 'repeated' });
    await outcomeOf(world);
    expect(world.asked(world.papers.revocationList)).toBe(asked);
  });

  it('of a type that is not known is taken in, and drops nothing', async () => {
    const world = await createEventWorld();
    await outcomeOf(world);
    const events = { 'https://events.example/never-heard-of': {} };
    const receipt = await world.receiver.receive(await world.set({ claims: { events } }));
    expect(receipt).toMatchObject({ outcome: 'accepted', effect: 'ignored' });
    await outcomeOf(world);
    expect(world.asked(world.papers.revocationList)).toBe(1);
  });

  it('that is older than anything held can be is taken in, and drops nothing', async () => {
    const world = await createEventWorld();
    await outcomeOf(world);
    const iat = Math.floor(world.papers.clock() / 1_000) - 7_201;
    const receipt = await world.receiver.receive(await world.set({ claims: { iat } }));
    expect(receipt).toMatchObject({ outcome: 'accepted', effect: 'outlived' });
    await outcomeOf(world);
    expect(world.asked(world.papers.revocationList)).toBe(1);
  });

  it('about the stream says so, and brings back the state of a verification', async () => {
    const world = await createEventWorld();
    const type = 'https://schemas.openid.net/secevent/ssf/event-type/verification';
    const sub_id = { format: 'opaque', id: 'stream-1' };
    const set = await world.set({ claims: { sub_id, events: { [type]: { state: 'abc' } } } });
    expect(await world.receiver.receive(set)).toMatchObject({
      effect: 'verification',
      state: 'abc',
    });
  });
});

describe('a token is refused, and drops nothing,', () => {
  const wrong: readonly (readonly [string, string, (world: EventWorld) => Promise<unknown>])[] = [
    ['when it is no token', 'invalid_request', async () => 'a.b.c'],
    ['when it is no text', 'invalid_request', async () => ({ iss: 'x' })],
    [
      'when it is a credential',
      'invalid_request',
      (world) => world.set({ header: { typ: 'vc+jwt' } }),
    ],
    [
      'when it is a status list',
      'invalid_request',
      (world) => world.set({ header: { typ: 'statuslist+jwt' } }),
    ],
    [
      'when it has no type',
      'invalid_request',
      (world) => world.set({ header: { typ: undefined } }),
    ],
    [
      'when it brings a key of its own',
      'invalid_request',
      (world) => world.set({ header: { jwk: world.transmitterKey.jwk } }),
    ],
    [
      'when it is huge',
      'invalid_request',
      (world) => world.set({ claims: { txn: 'x'.repeat(20_000) } }),
    ],
    [
      'when it holds several events',
      'invalid_request',
      (world) =>
        world.set({ claims: { events: { [credentialChange]: {}, 'https://x.example/y': {} } } }),
    ],
    ['when it holds no event', 'invalid_request', (world) => world.set({ claims: { events: {} } })],
    ['when it has an end', 'invalid_request', (world) => world.set({ claims: { exp: 2e9 } })],
    ['when it has a subject', 'invalid_request', (world) => world.set({ claims: { sub: 'x' } })],
    [
      'when it names no subject',
      'invalid_request',
      (world) => world.set({ claims: { sub_id: undefined } }),
    ],
    [
      'when its notice is not in its form',
      'invalid_request',
      (world) =>
        world.set({
          claims: { events: { [credentialChange]: { 'urn:sealwright:event': { urls: 'x' } } } },
        }),
    ],
    [
      'when it is from the future',
      'invalid_request',
      (world) => world.set({ claims: { iat: Math.floor(world.papers.clock() / 1_000) + 120 } }),
    ],
    [
      'when nobody is heard by that name',
      'invalid_issuer',
      (world) => world.set({ claims: { iss: 'https://id.acme.com/o/other' } }),
    ],
    [
      'when it is for somebody else',
      'invalid_audience',
      (world) => world.set({ claims: { aud: ['https://other.example'] } }),
    ],
    [
      'when its signature does not fit',
      'authentication_failed',
      async (world) =>
        world.set({ key: await createKey(), header: { kid: world.transmitterKey.thumbprint } }),
    ],
  ];

  it.each(wrong)('%s', async (_, error, make) => {
    const world = await createEventWorld();
    await outcomeOf(world);
    expect(await world.receiver.receive(await make(world))).toMatchObject({
      outcome: 'refused',
      error,
    });
    await revoke(world);
    expect(await outcomeOf(world)).toBe('accepted');
  });

  it('when the policy trusts none of the issuers that its transmitter speaks for', async () => {
    const world = await createEventWorld();
    world.verifier.replacePolicy({ mode: 'enforce', trust: [] });
    const before = world.papers.fetch.asked.length;
    expect(await world.receiver.receive(await world.set())).toMatchObject({
      error: 'access_denied',
    });
    expect(world.papers.fetch.asked.length).toBe(before);
  });

  it('when it came over the stream of another transmitter', async () => {
    const world = await createEventWorld();
    const origin = { issuer: 'https://id.other.com', audience };
    expect(await world.receiver.receive(await world.set(), origin)).toMatchObject({
      error: 'invalid_issuer',
    });
  });

  it('and is no passport and no status list either, wherever it is put', async () => {
    const world = await createEventWorld();
    const { papers } = world;
    const set = await signCompact(JSON.stringify(await papers.passport()), papers.issuerKey, {
      typ: 'secevent+jwt',
      cty: 'vc',
      kid: papers.kidOf(papers.issuerKey),
    });
    expect((await world.verifier.verifyCredential(set)).reason).toBe('credential-malformed');
    papers.serve(papers.revocationList, {
      headers: { 'content-type': 'application/vc+jwt' },
      body: await world.set(),
    });
    expect(await outcomeOf(world)).toBe('status-invalid');
  });
});

describe('the keys of a transmitter', () => {
  it('are read again when one is not among them, at most once in ten seconds', async () => {
    const world = await createEventWorld();
    const next = await createKey();
    await world.receiver.receive(await world.set());
    world.publishEventKeys([world.transmitterKey, next]);
    world.papers.advance(11_000);
    expect(await world.receiver.receive(await world.set({ key: next }))).toMatchObject({
      outcome: 'accepted',
    });
    const asked = world.asked(world.jwksUri);
    const strangers = await Promise.all([createKey(), createKey(), createKey()]);
    for (const key of strangers) {
      expect(await world.receiver.receive(await world.set({ key }))).toMatchObject({
        outcome: 'postponed',
      });
    }
    expect(world.asked(world.jwksUri)).toBe(asked);
    // Known keys are heard meanwhile.
    expect(await world.receiver.receive(await world.set())).toMatchObject({ outcome: 'accepted' });
  });

  it('have a token by none of them refused once it cannot be on its way any more', async () => {
    const world = await createEventWorld();
    const set = await world.set({ key: await createKey() });
    expect(await world.receiver.receive(set)).toMatchObject({ outcome: 'postponed' });
    world.papers.advance(14_999);
    expect(await world.receiver.receive(set)).toMatchObject({ outcome: 'postponed' });
    world.papers.advance(1);
    expect(await world.receiver.receive(set)).toMatchObject({
      outcome: 'refused',
      error: 'invalid_key',
    });
    expect(world.asked(world.jwksUri)).toBe(2);
  });

  it('that cannot be had postpone a token, which may come again', async () => {
    const world = await createEventWorld();
    world.papers.serve(world.jwksUri, 'hang-up');
    const set = await world.set();
    expect(await world.receiver.receive(set)).toMatchObject({ outcome: 'postponed' });
    expect(await world.receiver.receive(set)).toMatchObject({ outcome: 'postponed' });
    expect(world.asked(world.jwksUri)).toBe(1);
  });

  it('are read from the origin of the transmitter and from nowhere else', async () => {
    const world = await createEventWorld();
    const jwks_uri = 'https://keys.evil.example/jwks.json';
    world.papers.serveJson('https://id.acme.com/.well-known/ssf-configuration', {
      issuer: 'https://id.acme.com',
      jwks_uri,
    });
    expect(await world.receiver.receive(await world.set())).toMatchObject({
      outcome: 'postponed',
    });
    expect(world.asked(jwks_uri)).toBe(0);
  });

  it('are read where the operator says, when he does', async () => {
    const jwksUri = 'https://keys.acme.com/ssf.json';
    const world = await createEventWorld({
      options: { transmitters: [{ issuer: 'https://id.acme.com', audience, jwksUri }] },
    });
    const { jwk, thumbprint } = world.transmitterKey;
    world.papers.serveJson(jwksUri, { keys: [{ ...jwk, kid: thumbprint }] });
    expect(await world.receiver.receive(await world.set())).toMatchObject({
      outcome: 'accepted',
    });
    expect(world.asked('https://id.acme.com/.well-known/ssf-configuration')).toBe(0);
  });
});

describe('a read that is under way when an event arrives', () => {
  async function slowWorld(): Promise<{ world: EventWorld; slow: SlowAnswers }> {
    const slows: SlowAnswers[] = [];
    const world = await createEventWorld({
      through: (fetch) => {
        const slow = createSlowAnswers(fetch);
        slows.push(slow);
        return slow;
      },
    });
    const [slow] = slows;
    if (slow === undefined) throw new Error('nothing was put in front of the fetch');
    return { world, slow };
  }

  it.each([
    ['that names the list', {}],
    ['that names none', { events: { [credentialChange]: {} } }],
  ])('does not fill the cache with a list fetched before it, by an event %s', async (_, claims) => {
    const { world, slow } = await slowWorld();
    const { revocationList, fetch } = world.papers;
    slow.hold(revocationList);
    const early = outcomeOf(world);
    await vi.waitFor(() => expect(slow.waiting()).toBe(1));
    await revoke(world);
    const receipt = await world.receiver.receive(await world.set({ claims }));
    expect(receipt).toMatchObject({ effect: 'dropped' });
    slow.letGo();
    // It was asked before the event.
    expect(await early).toBe('accepted');
    expect(await outcomeOf(world)).toBe('status-revoked');
    const again = fetch.asked.lastIndexOf(revocationList);
    expect(fetch.options[again]?.revalidate).toBe(true);
  });

  it('does not fill it with the document or the keys fetched before it either', async () => {
    const { world, slow } = await slowWorld();
    const { clientId, didUrl } = world.papers;
    for (const url of [clientId, didUrl]) {
      const before = world.asked(url);
      slow.hold(url);
      const early = outcomeOf(world);
      await vi.waitFor(() => expect(slow.waiting()).toBe(1));
      const sub_id = { format: 'did', url: world.papers.issuer };
      const events = { [credentialChange]: {} };
      await world.receiver.receive(await world.set({ claims: { sub_id, events } }));
      slow.letGo();
      await early;
      await outcomeOf(world);
      expect(world.asked(url)).toBe(before + 2);
      // What is dropped for the whole issuer has a pause of half a second.
      await new Promise((resolve) => setTimeout(resolve, 600));
      world.verifier.invalidateIssuer(world.papers.issuer);
    }
  });
});

describe('a flood of events', () => {
  it('that are valid costs a document no more reads than the budget allows', async () => {
    const world = await createEventWorld();
    const sets = await Promise.all(Array.from({ length: 400 }, () => world.set()));
    await outcomeOf(world);
    const before = world.asked(world.papers.revocationList);
    const began = performance.now();
    for (const set of sets) {
      expect(await world.receiver.receive(set)).toMatchObject({ effect: 'dropped' });
      await outcomeOf(world);
    }
    const seconds = (performance.now() - began) / 1_000;
    const reads = world.asked(world.papers.revocationList) - before;
    // Two documents for each event, and everything of the issuer every half second beyond.
    expect(reads).toBeGreaterThan(20);
    expect(reads).toBeLessThanOrEqual(25 + 25 * seconds + 2 * seconds + 2);
  });

  it('is over within half a second: the last of them counts like the first', async () => {
    const world = await createEventWorld();
    await outcomeOf(world);
    for (let sent = 0; sent < 200; sent += 1) await world.receiver.receive(await world.set());
    await outcomeOf(world);
    await revoke(world);
    await world.receiver.receive(await world.set());
    const sentAt = performance.now();
    await vi.waitFor(async () => expect(await outcomeOf(world)).toBe('status-revoked'), {
      interval: 20,
      timeout: 2_000,
    });
    expect(performance.now() - sentAt).toBeLessThan(1_000);
  });

  it('that are not valid costs no request', async () => {
    const world = await createEventWorld();
    await world.receiver.receive(await world.set());
    const before = world.papers.fetch.asked.length;
    const stranger = await createKey();
    const { thumbprint: kid } = world.transmitterKey;
    const forged = await world.set({ key: stranger, header: { kid } });
    for (let sent = 0; sent < 500; sent += 1) {
      expect(await world.receiver.receive(forged)).toMatchObject({ outcome: 'refused' });
    }
    expect(world.papers.fetch.asked.length).toBe(before);
  });
});

describe('options', () => {
  it('that are wrong are refused all at once', async () => {
    const { verifier, papers } = await createEventWorld();
    const wrong = {
      fetch: papers.fetch,
      transmitters: [
        { issuer: 'http://id.acme.com', audience: '' },
        { issuer: 'https://x.example/%20', jwksUri: 'x', typo: 1 },
      ],
    };
    expect(() => createEventReceiver(verifier, wrong)).toThrow(
      /transmitters\[0\]\.issuer must be an https URL.*\[0\]\.audience.*\[1\]\.typo is not an option.*\[1\]\.jwksUri/s,
    );
    expect(() => createEventReceiver(verifier, { fetch: papers.fetch, transmitters: [] })).toThrow(
      'transmitters must name at least one',
    );
  });

  it('let a transmitter of another name speak for an issuer that is trusted', async () => {
    const issuer = 'https://signals.vendor.example';
    const world = await createEventWorld({
      options: { transmitters: [{ issuer, audience, speaksFor: ['did:web:id.acme.com'] }] },
    });
    world.papers.serveJson(`${issuer}/.well-known/ssf-configuration`, {
      issuer,
      jwks_uri: `${issuer}/keys`,
    });
    const { jwk, thumbprint } = world.transmitterKey;
    world.papers.serveJson(`${issuer}/keys`, { keys: [{ ...jwk, kid: thumbprint }] });
    await outcomeOf(world);
    await revoke(world);
    const claims = { iss: issuer, events: { [credentialChange]: {} } };
    await world.receiver.receive(await world.set({ claims }));
    expect(await outcomeOf(world)).toBe('status-revoked');
  });
});
