import { expect, it } from 'vitest';
import type { TokenId } from '../../src/organizations/api-token.ts';
import type { Exchange } from '../../src/workloads/exchange-store.ts';
import type { WorkloadRule, WorkloadRuleId } from '../../src/workloads/workload-rule.ts';
import { acme, noon, other, tokenNamed } from './entities.ts';
import type { WorldSource } from './world.ts';

function ruleNamed(name: string, changes: Partial<WorkloadRule> = {}): WorkloadRule {
  return {
    id: `wlr_${name}` as WorkloadRuleId,
    organizationId: acme.id,
    name,
    kind: 'oidc',
    issuer: 'https://issuer.example',
    audience: acme.baseUrl,
    claims: { sub: ['a', 'b/*'], '/kubernetes.io/namespace': ['prod'] },
    grants: { scopes: ['agents:read', 'agents:write'], team: 'payments', agent: 'bot' },
    tokenLifetimeS: 900,
    jwksUri: null,
    createdAt: noon(),
    lastUsedAt: null,
    ...changes,
  };
}

export function workloadRuleStoreContract(world: WorldSource): void {
  async function insert(...rules: readonly WorkloadRule[]): Promise<void> {
    await world().work.run(async (stores) => {
      await stores.organizations.insert(acme);
      await stores.organizations.insert(other);
      for (const rule of rules) await stores.workloadRules.insert(rule);
    });
  }

  it('gives back what was inserted, of one organization, oldest first', async () => {
    const first = ruleNamed('a');
    const second = ruleNamed('b', {
      jwksUri: 'https://k.example/b',
      grants: { scopes: ['verify'], team: null, agent: null },
    });
    await insert(second, ruleNamed('c', { organizationId: other.id }), first);
    expect(await world().readers.workloadRules.list(acme.id)).toEqual([first, second]);
  });

  it('finds the rules for issuers, each of its kind, of all organizations', async () => {
    const here = ruleNamed('a');
    const there = ruleNamed('b', { organizationId: other.id });
    const domain = ruleNamed('c', { kind: 'spiffe', issuer: 'acme.example' });
    await insert(here, there, domain, ruleNamed('d', { kind: 'spiffe' }));
    const { workloadRules } = world().readers;
    expect(
      await workloadRules.listByIssuers([
        { kind: 'oidc', issuer: 'https://issuer.example' },
        { kind: 'spiffe', issuer: 'acme.example' },
        { kind: 'oidc', issuer: 'acme.example' },
      ]),
    ).toEqual([here, there, domain]);
    expect(await workloadRules.listByIssuers([])).toEqual([]);
  });

  it('records a use, and says when there is nothing to use', async () => {
    const rule = ruleNamed('a');
    await insert(rule);
    const use = (id: string) =>
      world().work.run((stores) => stores.workloadRules.use(id as WorkloadRuleId, noon(5)));
    expect(await use('wlr_x')).toBe(false);
    expect(await use(rule.id)).toBe(true);
    expect(await world().readers.workloadRules.list(acme.id)).toEqual([
      { ...rule, lastUsedAt: noon(5) },
    ]);
  });

  it('removes a rule of its own organization alone', async () => {
    const rule = ruleNamed('a');
    await insert(rule);
    const remove = (organization: typeof acme) =>
      world().work.run((stores) => stores.workloadRules.remove(organization.id, rule.id));
    expect(await remove(other)).toBeNull();
    expect(await remove(acme)).toEqual(rule);
    expect(await remove(acme)).toBeNull();
    expect(await world().readers.workloadRules.list(acme.id)).toEqual([]);
  });
}

export function exchangeStoreContract(world: WorldSource): void {
  const rule = 'wlr_a' as WorkloadRuleId;
  const exchange = (name: string, changes: Partial<Exchange> = {}): Exchange => ({
    key: name,
    ruleId: rule,
    tokenId: `tok_${name}` as TokenId,
    endsAt: noon(60),
    ...changes,
  });
  const record = (one: Exchange) => world().work.run((stores) => stores.exchanges.record(one));

  it('records a key once', async () => {
    expect(await record(exchange('a'))).toBe(true);
    expect(await record(exchange('a', { tokenId: 'tok_b' as TokenId }))).toBe(false);
    expect(await world().work.run((stores) => stores.exchanges.listTokens(rule))).toEqual([
      'tok_a',
    ]);
  });

  it('records a key once also when two do so at a time', async () => {
    const all = await Promise.all(
      ['b', 'c', 'd'].map((id) => record({ ...exchange(id), key: 'k' })),
    );
    expect(all.sort()).toEqual([false, false, true]);
  });

  it('forgets what ended, oldest first, with the tokens, and nothing else', async () => {
    await world().work.run(async (stores) => {
      await stores.organizations.insert(acme);
      for (const name of ['a', 'b', 'c']) await stores.tokens.insert(tokenNamed(name));
    });
    await record(exchange('b', { endsAt: noon(20) }));
    await record(exchange('a', { endsAt: noon(10) }));
    await record(exchange('c', { endsAt: noon(30) }));
    const forget = (seconds: number, limit: number) =>
      world().work.run((stores) => stores.exchanges.forgetEnded(noon(seconds), limit));
    const left = async () =>
      (await world().readers.tokens.list(acme.id)).map(({ id }) => String(id));
    expect(await forget(30, 1)).toBe(1);
    expect(await left()).toEqual(['tok_b', 'tok_c']);
    expect(await forget(30, 9)).toBe(1);
    expect(await left()).toEqual(['tok_c']);
    expect(await forget(30, 9)).toBe(0);
  });
}
