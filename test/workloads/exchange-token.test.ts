import { beforeEach, expect, it } from 'vitest';
import type { OrganizationId } from '../../src/organizations/organization.ts';
import { exchangeToken } from '../../src/workloads/exchange-token.ts';
import { forgetExchanges } from '../../src/workloads/forget-exchanges.ts';
import type { WorkloadRule, WorkloadRuleId } from '../../src/workloads/workload-rule.ts';
import { acme, organizationNamed } from '../contracts/entities.ts';
import { SettableClock } from '../kernel/settable-clock.ts';
import { MemoryDatabase } from '../support/memory/memory-database.ts';
import { makeIssuerKey, signToken } from '../support/workload-issuer.ts';

const issuer = 'https://ci.example';
const part = { ...organizationNamed('part'), baseUrl: `${acme.baseUrl}/o/part` };
const key = await makeIssuerKey('key-1', 'ES256');

let clock: SettableClock;
let database: MemoryDatabase;

function ruleNamed(name: string, changes: Partial<WorkloadRule> = {}): WorkloadRule {
  return {
    id: `wlr_${name}` as WorkloadRuleId,
    organizationId: acme.id,
    name,
    kind: 'oidc',
    issuer,
    audience: part.baseUrl,
    claims: { sub: ['job'] },
    grants: { scopes: ['agents:read'], team: null, agent: null },
    tokenLifetimeS: 900,
    jwksUri: null,
    createdAt: clock.now(),
    lastUsedAt: null,
    ...changes,
  };
}

async function keep(...rules: readonly WorkloadRule[]): Promise<void> {
  await database.run(async (stores) => {
    for (const rule of rules) await stores.workloadRules.insert(rule);
  });
}

let jti = 0;

async function exchange(changes: { scopes?: string[]; audience?: string } = {}) {
  const iat = Math.floor(clock.now().getTime() / 1000);
  jti += 1;
  const claims = { iss: issuer, sub: 'job', aud: part.baseUrl, jti: `${jti}`, iat, nbf: iat };
  const subjectToken = await signToken(key, { ...claims, exp: iat + 300 });
  const deps = {
    ...database.readers,
    work: database,
    clock,
    judge: { judge: async () => ({ outcome: 'genuine' as const }) },
  };
  const order = { subjectToken, scopes: null, audience: null, ...changes };
  const { token } = await exchangeToken(deps, order);
  return { organization: token.organizationId as OrganizationId, scopes: token.scopes };
}

beforeEach(async () => {
  clock = new SettableClock('2026-11-20T12:00:00Z');
  database = new MemoryDatabase({ clock });
  await database.run(async ({ organizations }) => {
    await organizations.insert(acme);
    await organizations.insert(part);
  });
});

it('a token that two organizations would take is refused, unless it is said for which', async () => {
  await keep(ruleNamed('a'), ruleNamed('b', { organizationId: part.id }));
  await expect(exchange()).rejects.toMatchObject({
    code: 'subject-token-refused',
    cause: 'rules of several organizations',
  });
  expect((await exchange({ audience: part.baseUrl })).organization).toBe(part.id);
  expect((await exchange({ audience: acme.baseUrl })).organization).toBe(acme.id);
});

it('the oldest rule that gives what is asked for decides', async () => {
  const writing = { scopes: ['agents:read', 'agents:write'], team: null, agent: null } as const;
  await keep(ruleNamed('a'), ruleNamed('b', { grants: writing }));
  expect((await exchange()).scopes).toEqual(['agents:read']);
  expect((await exchange({ scopes: ['agents:write'] })).scopes).toEqual(['agents:write']);
  await expect(exchange({ scopes: ['agents:write', 'verify'] })).rejects.toMatchObject({
    code: 'not-permitted',
  });
});

it('exchanges are forgotten with their tokens once both have ended', async () => {
  await keep(ruleNamed('a'));
  await exchange();
  const forget = () => forgetExchanges({ work: database, clock });
  clock.moveBy(900_000);
  expect(await forget()).toBe(0);
  clock.moveBy(1);
  expect(await forget()).toBe(1);
  expect(await database.readers.tokens.list(acme.id)).toEqual([]);
});
