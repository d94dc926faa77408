import { describe, expect, it } from 'vitest';
import type { Approval, ApprovalStore } from '../../src/verifier/index.ts';

/** An entry that waits for a decision, and is told apart by its name. */
export function madeApproval(name: string, changes: Partial<Approval> = {}): Approval {
  const seen = {
    digest: `digest of ${name}`,
    seenAt: '2026-11-20T12:00:00.000Z',
    issuer: 'did:web:id.acme.com',
    document: `{"client_id":${JSON.stringify(name)},"client_name":"Ünï \\u2028"}`,
    keys: ['key-1'],
  };
  return { name, decision: null, approved: null, seen, history: [], ...changes };
}

const decision = {
  state: 'blocked',
  by: 'ops@acme.com',
  reason: 'INC-1',
  at: '2026-11-20T12:00:01.000Z',
  digest: null,
} as const;
const [one, other] = [
  'https://id.acme.com/a/bot/client.json',
  'https://id.acme.com/a/bot/client.jso',
];

type Rule = readonly [title: string, hold: (store: ApprovalStore) => Promise<void>];

const rules: readonly Rule[] = [
  [
    'has nothing at first, whatever it is asked for',
    async (store) => {
      expect(await store.all()).toEqual([]);
      expect(await store.find([one, '__proto__', ''])).toEqual([]);
    },
  ],
  [
    'gives back entries as they were put, by name and all together',
    async (store) => {
      const blocked = madeApproval(other, { decision, seen: null, history: [decision] });
      await store.update(one, () => madeApproval(one));
      await store.update(other, () => blocked);
      expect(await store.find([one])).toEqual([madeApproval(one)]);
      expect(await store.find([other, 'id.acme.com'])).toEqual([blocked]);
      expect(await store.all()).toEqual([madeApproval(one), blocked]);
    },
  ],
  [
    'shows a change the present entry and how many wait, and answers with what is kept',
    async (store) => {
      await store.update('other.com', () => madeApproval('other.com', { decision }));
      expect(await store.update(one, () => madeApproval(one))).toEqual(madeApproval(one));
      const shown: unknown[] = [];
      const kept = await store.update(one, (present, held) => {
        shown.push(present, held.pending);
        return undefined;
      });
      expect(shown).toEqual([madeApproval(one), 1]);
      expect(kept).toEqual(madeApproval(one));
    },
  ],
  [
    'changes nothing when a change makes nothing',
    async (store) => {
      expect(await store.update(one, () => undefined)).toBeUndefined();
      expect(await store.all()).toEqual([]);
    },
  ],
  [
    'changes nothing when a change throws, and goes on',
    async (store) => {
      const failing = async () =>
        store.update(one, () => {
          throw new Error('no');
        });
      await expect(failing()).rejects.toThrow('no');
      await store.update(one, () => madeApproval(one));
      expect(await store.find([one])).toEqual([madeApproval(one)]);
    },
  ],
  [
    'makes changes one after the other, each on what the one before left',
    async (store) => {
      const add = (by: string) =>
        store.update(one, (present) => {
          const before = present ?? madeApproval(one);
          return { ...before, history: [...before.history, { ...decision, by }] };
        });
      await Promise.all(['a', 'b', 'c', 'd'].map(add));
      const [entry] = await store.find([one]);
      expect(entry?.history.map(({ by }) => by)).toEqual(['a', 'b', 'c', 'd']);
    },
  ],
  [
    'is not changed by who writes to what went in',
    async (store) => {
      const history = [{ ...decision }];
      await store.update(one, () => madeApproval(one, { history }));
      history.pop();
      const [entry] = await store.find([one]);
      expect(entry?.history).toEqual([decision]);
    },
  ],
];

/** What every implementation of the `ApprovalStore` port does, wherever it keeps things. */
export function describeApprovalStoreContract(
  name: string,
  start: () => ApprovalStore | Promise<ApprovalStore>,
): void {
  describe(`${name} keeps the contract of ApprovalStore`, () => {
    it.each(rules)('%s', async (_title, hold) => {
      await hold(await start());
    });
  });
}
