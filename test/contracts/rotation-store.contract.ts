import { expect, it } from 'vitest';
import type { Agent } from '../../src/agents/agent.ts';
import type { KeyRotation } from '../../src/keys/key-rotation.ts';
import type { KeyId } from '../../src/keys/signing-key.ts';
import { acme, agentNamed, noon, other } from './entities.ts';
import type { WorldSource } from './world.ts';

export function rotationStoreContract(world: WorldSource): void {
  const bot = agentNamed('bot');

  function rotationOf(agent: Agent, changes: Partial<KeyRotation> = {}): KeyRotation {
    return {
      agentId: agent.id,
      formerKeyId: 'key_former' as KeyId,
      newKeyId: 'key_new' as KeyId,
      step: 'introduced',
      overlapS: 86_400,
      waitS: 365,
      startedAt: noon(),
      shownAt: null,
      dueAt: null,
      ...changes,
    };
  }

  async function insert(...agents: readonly Agent[]): Promise<void> {
    await world().work.run(async (stores) => {
      await stores.organizations.insert(acme);
      for (const agent of agents) {
        await stores.agents.insert(agent);
        await stores.rotations.insert(rotationOf(agent));
      }
    });
  }

  const show = (agents: readonly Agent[], at: Date): Promise<void> =>
    world().work.run(({ rotations }) =>
      rotations.show(
        agents.map(({ id }) => id),
        at,
      ),
    );

  it('gives back what was inserted, and nothing for an agent without one', async () => {
    await insert(bot);
    expect(await world().readers.rotations.find(bot.id)).toEqual(rotationOf(bot));
    expect(await world().readers.rotations.find(agentNamed('other').id)).toBeNull();
  });

  it('refuses a second rotation of the same agent', async () => {
    await insert(bot);
    await expect(
      world().work.run(({ rotations }) => rotations.insert(rotationOf(bot))),
    ).rejects.toMatchObject({ code: 'rotation-under-way' });
  });

  it('begins the wait when the documents are shown, once', async () => {
    await insert(bot);
    await show([bot], noon(10));
    await show([bot], noon(20));
    expect(await world().readers.rotations.find(bot.id)).toEqual(
      rotationOf(bot, { shownAt: noon(10), dueAt: noon(375) }),
    );
    expect(await world().readers.rotations.listDue(noon(374), 10)).toEqual([]);
    expect(await world().readers.rotations.listDue(noon(375), 10)).toEqual([bot.id]);
  });

  it('owes the documents anew after each step', async () => {
    await insert(bot);
    await show([bot], noon(10));
    const taken = { step: 'published', waitS: 2_592_000 } as const;
    await world().work.run(({ rotations }) => rotations.take(bot.id, taken));
    expect(await world().readers.rotations.find(bot.id)).toEqual(rotationOf(bot, taken));
    expect(await world().readers.rotations.listDue(noon(10_000_000), 10)).toEqual([]);
    await show([bot], noon(0));
    expect(await world().readers.rotations.find(bot.id)).toMatchObject({
      dueAt: new Date(noon().getTime() + 2_592_000_000),
    });
  });

  it('lists the longest due first, of agents that get papers alone', async () => {
    const late = agentNamed('a-late');
    const stopped = agentNamed('stopped', { state: 'suspended' });
    const ended = agentNamed('ended', { expiresAt: noon(400) });
    await insert(late, bot, stopped, ended);
    await show([bot, stopped, ended], noon());
    await show([late], noon(1));
    const { rotations } = world().readers;
    expect(await rotations.listDue(noon(399), 10)).toEqual([bot.id, ended.id, late.id]);
    expect(await rotations.listDue(noon(400), 10)).toEqual([bot.id, late.id]);
    expect(await rotations.listDue(noon(400), 1)).toEqual([bot.id]);
  });

  it('ends a rotation, whether there is one or not', async () => {
    await insert(bot);
    for (let time = 0; time < 2; time += 1) {
      await world().work.run(({ rotations }) => rotations.remove(bot.id));
      expect(await world().readers.rotations.find(bot.id)).toBeNull();
    }
  });

  it('lists what is due by turns, so that no organization keeps another waiting', async () => {
    const many = ['a', 'b', 'c'].map((handle) => agentNamed(handle));
    const far = agentNamed('z', { organizationId: other.id });
    await world().work.run(({ organizations }) => organizations.insert(other));
    await insert(...many, far);
    await show(many, noon());
    await show([far], noon(5));
    const due = await world().readers.rotations.listDue(noon(10_000), 2);
    expect(due).toEqual([many[0]?.id, far.id]);
  });
}
