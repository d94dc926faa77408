import { createKey } from './paper-world.ts';
import { reissue, rejected, type Tampering, unknown } from './tampering.ts';

/** What status lists say, or fail to say. */
export const statusTamperings: readonly Tampering[] = [
  rejected('status.entries', 'G-02 a passport that nobody could revoke', 'status-missing', {
    tamper: reissue(({ credentialStatus: _bits, status: _token, ...payload }) => payload),
  }),
  unknown('status.lists', 'G-03 a list out of reach', 'status-unavailable', {
    tamper: (world) => world.serve(world.revocationList, { status: 503, body: '' }),
  }),
  unknown('status.lists', 'G-03 a list that is gone', 'status-unavailable', {
    tamper: (world) => world.serve(world.suspensionList, { status: 404, body: '' }),
  }),
  unknown('status.lists', 'G-04 a list that ran out', 'status-stale', {
    tamper: (world) =>
      world.publishList({
        purpose: 'revocation',
        validFrom: new Date(world.clock() - 1_000_000),
        validUntil: new Date(world.clock() - 1_000),
      }),
  }),
  unknown('status.lists', 'a list that grew old in caches', 'status-stale', {
    tamper: (world) => world.publishList({ purpose: 'revocation', headers: { age: '61' } }),
  }),
  unknown('status.lists', 'G-06 a list by somebody else', 'status-invalid', {
    tamper: async (world) => {
      const { body } = world.fetch.answers.get(world.suspensionList) as { readonly body: string };
      const payload = JSON.parse(Buffer.from(body.split('.')[1] ?? '', 'base64url').toString());
      const jwt = await world.sign(payload, { key: await createKey() });
      world.serve(world.suspensionList, { body: jwt });
    },
  }),
  unknown('status.lists', "G-06 a list forged under the issuer's kid", 'status-invalid', {
    tamper: async (world) => {
      const { body } = world.fetch.answers.get(world.suspensionList) as { readonly body: string };
      const payload = JSON.parse(Buffer.from(body.split('.')[1] ?? '', 'base64url').toString());
      const header = { kid: world.kidOf(world.issuerKey) };
      const jwt = await world.sign(payload, { key: await createKey(), header });
      world.serve(world.suspensionList, { body: jwt });
    },
  }),
  unknown('status.lists', 'G-07 the list of another URL', 'status-invalid', {
    tamper: (world) => {
      const other = world.fetch.answers.get(world.suspensionList) ?? 'hang-up';
      world.serve(world.revocationList, other);
    },
  }),
  unknown('status.lists', 'a passport in the place of a list', 'status-invalid', {
    tamper: async (world) =>
      world.serve(world.revocationList, { body: await world.sign(await world.passport()) }),
  }),
  rejected('status.lists', 'G-09 an index beyond the list', 'status-invalid', {
    tamper: async (world) => {
      const { revocationList, suspensionList, tokenList } = world;
      const status = { revocationList, suspensionList, tokenList, index: 131_072 };
      await world.publish({ jwt: await world.issue({ status }) });
    },
  }),
  rejected('status.lists', 'G-08 a list for another purpose', 'status-invalid', {
    tamper: async (world) => {
      const { suspensionList, tokenList, index } = world;
      const status = { revocationList: suspensionList, suspensionList, tokenList, index };
      await world.publish({ jwt: await world.issue({ status }) });
    },
  }),
  rejected('status.revocation', 'G-01 a revoked passport', 'status-revoked', {
    tamper: (world) => world.publishList({ purpose: 'revocation', set: [world.index] }),
  }),
  rejected('status.suspension', 'G-01 a suspended passport', 'status-suspended', {
    tamper: (world) => world.publishList({ purpose: 'suspension', set: [world.index] }),
  }),
  rejected('status.suspension', 'G-20 suspended, and the other list away', 'status-suspended', {
    tamper: async (world) => {
      world.serve(world.revocationList, 'hang-up');
      await world.publishList({ purpose: 'suspension', set: [world.index] });
    },
  }),
];
