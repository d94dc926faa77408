import { expect, it } from 'vitest';
import type { AgentId } from '../../src/agents/agent.ts';
import type { CredentialRecord } from '../../src/credentials/credential.ts';
import type { TokenReach } from '../../src/organizations/api-token.ts';
import type { ScopedAction } from '../../src/protocol/scope.ts';
import { acme, agentNamed, intentNamed, listNumbered, noon, other } from './entities.ts';
import type { WorldSource } from './world.ts';

const logs = { action: 'read', resource: 'logs' };
const pii = { action: 'read', resource: 'pii' };

function permission(
  name: string,
  index: number,
  changes: Partial<CredentialRecord> & { readonly denied?: readonly ScopedAction[] } = {},
): CredentialRecord {
  const { denied, ...rest } = changes;
  const claims = { actions: [logs], ...(denied && { denied: denied.map((one) => ({ ...one })) }) };
  return intentNamed(name, index, {
    ...{ type: 'allowed-actions', claims, createdAt: noon(-100), validFrom: noon(-100) },
    ...rest,
  });
}

export function accessStoreContract(world: WorldSource): void {
  async function insert(...records: readonly CredentialRecord[]): Promise<void> {
    await world().work.run(async (stores) => {
      await stores.organizations.insert(acme);
      await stores.organizations.insert(other);
      for (const handle of ['bot', 'cat', 'dog']) {
        await stores.agents.insert(agentNamed(handle, { createdAt: noon(-200) }));
      }
      await stores.status.insertList(listNumbered(1));
      await stores.status.insertEntries(
        records.map(({ id, status }) => ({ ...status, holder: id })),
      );
      await stores.credentials.insertIntents(records);
    });
  }

  const seal = (...records: readonly CredentialRecord[]) =>
    world().work.run(({ credentials }) =>
      credentials.sealAll(records.map(({ id }) => ({ id, jwt: `jwt of ${id}` }))),
    );
  const list = (seconds: number, scope = 'read:logs', after?: string, limit = 10) =>
    world().readers.access.listPermitted(
      { organizationId: acme.id, scope, at: noon(seconds) },
      { limit, after },
    );
  const whoMay = async (seconds: number, scope?: string) =>
    (await list(seconds, scope)).map(({ agentId }) => agentId);
  const bot = 'agt_bot' as AgentId;
  const cat = 'agt_cat' as AgentId;

  it('finds the agents that a sealed credential allows it, by the oldest one, page by page', async () => {
    const [first, second] = [permission('1', 0), permission('2', 1)];
    const [third, unsealed] = [permission('3', 2, { agentId: cat }), permission('4', 3)];
    const later = { ...unsealed, agentId: 'agt_dog' as AgentId };
    await insert(second, first, third, later);
    await seal(second, first, third);
    const ofBot = { agentId: bot, credentialId: first.id };
    const ofCat = { agentId: cat, credentialId: third.id };
    expect(await list(0)).toEqual([ofBot, ofCat]);
    expect(await list(0, 'read:logs', undefined, 1)).toEqual([ofBot]);
    expect(await list(0, 'read:logs', bot)).toEqual([ofCat]);
    expect(await list(0, 'read:log_')).toEqual([]);
  });

  it('keeps to the organization', async () => {
    const record = permission('1', 0);
    await insert(record);
    await seal(record);
    const filter = { organizationId: other.id, scope: 'read:logs', at: noon() };
    expect(await world().readers.access.listPermitted(filter, { limit: 9 })).toEqual([]);
  });

  it('keeps to what the caller reaches', async () => {
    const [first, second] = [permission('1', 0), permission('2', 1, { agentId: cat })];
    await insert(first, second);
    await seal(first, second);
    const within = (reach: TokenReach) =>
      world().readers.access.listPermitted(
        { organizationId: acme.id, reach, scope: 'read:logs', at: noon() },
        { limit: 9 },
      );
    const ofBot = { agentId: bot, credentialId: first.id };
    const ofCat = { agentId: cat, credentialId: second.id };
    expect(await within({ team: null, agentId: null })).toEqual([ofBot, ofCat]);
    expect(await within({ team: null, agentId: cat })).toEqual([ofCat]);
    expect(await within({ team: 'payments', agentId: null })).toEqual([]);
    await world().work.run(async ({ agents }) => {
      const [agent] = await agents.findMany([bot]);
      if (agent === undefined) throw new Error('no agent');
      await agents.updateProfile(bot, { ...agent, team: 'payments' }, noon());
    });
    expect(await within({ team: 'payments', agentId: null })).toEqual([ofBot]);
    expect(await within({ team: 'payments', agentId: cat })).toEqual([]);
  });

  it('counts a credential from when it was recorded until it ends or is revoked', async () => {
    const ending = permission('1', 0, { validUntil: noon(300) });
    const revoked = permission('2', 1, { agentId: cat });
    await insert(ending, revoked);
    await seal(ending, revoked);
    await world().work.run(({ status }) => status.change([revoked.id], { revokedAt: noon(50) }));
    expect(await whoMay(-101)).toEqual([]);
    expect(await whoMay(-100)).toEqual([bot, cat]);
    expect(await whoMay(49)).toEqual([bot, cat]);
    expect(await whoMay(50)).toEqual([bot]);
    expect(await whoMay(299)).toEqual([bot]);
    expect(await whoMay(300)).toEqual([]);
  });

  it.each(['suspendedAt', 'agentSuspendedAt'] as const)(
    'remembers a suspension by %s once it is over, and its beginning while it lasts',
    async (member) => {
      const record = permission('1', 0);
      await insert(record);
      await seal(record);
      const change = (at: Date | null) =>
        world().work.run(({ status }) =>
          status.change(
            [record.id],
            member === 'suspendedAt' ? { suspendedAt: at } : { agentSuspendedAt: at },
          ),
        );
      await change(noon(-50));
      expect([await whoMay(-51), await whoMay(-50), await whoMay(99)]).toEqual([[bot], [], []]);
      // The clock of the database stands at noon.
      await change(null);
      await change(null);
      const seen = [await whoMay(-51), await whoMay(-50), await whoMay(-1), await whoMay(0)];
      expect(seen).toEqual([[bot], [], [], [bot]]);
    },
  );

  it('leaves out whom a credential in force at that moment denies it', async () => {
    const allowing = permission('1', 0);
    const from = { createdAt: noon(-10), validFrom: noon(-10) };
    const denying = permission('2', 1, { denied: [logs, pii], ...from, validUntil: noon(20) });
    await insert(allowing, denying);
    await seal(allowing, denying);
    expect([await whoMay(-11), await whoMay(-10), await whoMay(19)]).toEqual([[bot], [], []]);
    expect(await whoMay(20)).toEqual([bot]);
  });

  it('leaves out agents that were not active then, whatever they are now', async () => {
    const record = permission('1', 0);
    await insert(record);
    await seal(record);
    const take = (state: 'suspended' | 'active' | 'retired', seconds: number) =>
      world().work.run(({ agents }) => agents.updateState(bot, state, noon(seconds)));
    await take('suspended', -60);
    await take('active', -40);
    await take('retired', 10);
    const seen = [await whoMay(-61), await whoMay(-60), await whoMay(-40), await whoMay(10)];
    expect(seen).toEqual([[bot], [], [bot], []]);
  });

  it('finds one agent behind many who may not any more, and all credentials of one', async () => {
    const many = Array.from({ length: 450 }, (_, place) =>
      permission(`a${String(place).padStart(3, '0')}`, place),
    );
    const last = permission('z', 450, { agentId: cat });
    await insert(...many, last);
    await seal(...many, last);
    const revoked = many.slice(0, -1).map(({ id }) => id);
    await world().work.run(({ status }) => status.change(revoked, { revokedAt: noon(-50) }));
    expect(await list(0)).toEqual([
      { agentId: bot, credentialId: many.at(-1)?.id },
      { agentId: cat, credentialId: last.id },
    ]);
    await world().work.run(({ status }) => status.change(['crd_a449'], { revokedAt: noon(-50) }));
    expect(await whoMay(0)).toEqual([cat]);
    expect(await whoMay(-51)).toEqual([bot, cat]);
  });
}
