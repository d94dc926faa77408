import fc from 'fast-check';
import { expect, it } from 'vitest';
import { didWebOf } from '../../src/protocol/did-web.ts';
import { parseSecurityEvent } from '../../src/protocol/security-event.ts';
import { parseStrictJsonObject } from '../../src/protocol/strict-json.ts';
import { EventDrops } from '../../src/verifier/events/event-drops.ts';
import { Budget } from '../../src/verifier/events/paced.ts';
import { createEventWorld } from '../verifier/support/event-world.ts';

const change = 'https://schemas.openid.net/secevent/caep/event-type/credential-change';
const members = ['iss', 'aud', 'iat', 'jti', 'sub_id', 'events', 'exp', 'sub', 'txn', 'format'];

it('claims of any shape are read or refused, and never throw', () => {
  const key = fc.oneof(
    fc.constantFrom(...members),
    fc.constant('urn:sealwright:event'),
    fc.string(),
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)),
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(key, tie('tree'), { maxKeys: 8 }),
    ),
  }));
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...members), tree), (claims) => {
      const json = parseStrictJsonObject(JSON.stringify(claims));
      if (!json.ok) return;
      const event = parseSecurityEvent(json.value);
      if (!event.ok) return;
      expect(event.value.subject.every((name) => name.length <= 2_048)).toBe(true);
      expect(Object.keys(json.value['events'] ?? {})).toEqual([event.value.type]);
      expect(json.value).not.toHaveProperty('exp');
      expect(json.value).not.toHaveProperty('sub');
    }),
    { numRuns: 500 },
  );
});

it('a token with any character changed is not accepted', async () => {
  const world = await createEventWorld();
  const set = await world.set();
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: set.length - 1 }),
      fc.constantFrom(...'ABCXYZabcxyz019-_.=', ' ', 'é'),
      async (at, character) => {
        fc.pre(set[at] !== character);
        const changed = `${set.slice(0, at)}${character}${set.slice(at + 1)}`;
        const { outcome } = await world.receiver.receive(changed);
        expect(['refused', 'postponed']).toContain(outcome);
      },
    ),
    { numRuns: 200 },
  );
  expect(await world.receiver.receive(set)).toMatchObject({ outcome: 'accepted' });
});

it('whatever an event names, nothing outside of its subject and its issuer is dropped', () => {
  const base = 'https://id.acme.com';
  const subject = `${base}/a/bot/client.json`;
  const url = fc.oneof(
    fc.webUrl(),
    fc.string(),
    fc.string().map((path) => `${base}/${path}`),
    fc.constantFrom(`${base}.evil.example/x`, `${base}@evil.example/x`, 'http://id.acme.com/x'),
  );
  fc.assert(
    fc.property(fc.array(url, { maxLength: 20 }), (urls) => {
      const dropped: string[] = [];
      const drops = new EventDrops({
        verifier: {
          invalidate: (one) => dropped.push(one),
          invalidateIssuer: () => undefined,
          trusts: (_, clientId) => clientId === subject,
        },
        base,
        issuers: () => [didWebOf(base)],
      });
      drops.apply({
        subject: [subject, 'https://id.other.com/a/bot/client.json'],
        notice: { type: change, urls },
      });
      expect(dropped).toContain(subject);
      expect(dropped.every((one) => one.startsWith(`${base}/`))).toBe(true);
    }),
  );
});

it('a budget never gives more than its rate allows, however it is asked', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 60 }), { maxLength: 400 }), (counts) => {
      const began = performance.now();
      const budget = new Budget(50);
      const given = counts
        .filter((count) => budget.take(count))
        .reduce((sum, count) => sum + count, 0);
      const seconds = (performance.now() - began) / 1_000;
      expect(given).toBeLessThanOrEqual(50 + 50 * seconds);
    }),
  );
});
