import type { AgentId } from '../agents/agent.ts';
import type { AgentReader } from '../agents/agent-store.ts';
import type { CallOrigin } from '../audit/audit-event.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import type { Clock } from '../kernel/clock.ts';
import { newId } from '../kernel/new-id.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import {
  type ApiToken,
  hashToken,
  mintTokenText,
  type TokenId,
} from '../organizations/api-token.ts';
import type { ApiTokenStore } from '../organizations/api-token-store.ts';
import type { OrganizationReader } from '../organizations/organization-store.ts';
import { clockSkewMs } from '../protocol/limits.ts';
import type { ExchangeStore } from './exchange-store.ts';
import { type FoundRules, findRules, refusal } from './find-rules.ts';
import { claimNamed } from './match-claims.ts';
import type { TokenJudge } from './token-judge.ts';
import type { WorkloadRule } from './workload-rule.ts';
import type { WorkloadRuleReader, WorkloadRuleStore } from './workload-rule-store.ts';
import { exchangeKeyOf } from './workload-token.ts';

/** What an exchange needs. */
export interface ExchangeTokenDeps {
  readonly work: UnitOfWork<{
    workloadRules: WorkloadRuleStore;
    exchanges: ExchangeStore;
    tokens: ApiTokenStore;
    audit: AuditTrail;
  }>;
  readonly workloadRules: WorkloadRuleReader;
  readonly organizations: OrganizationReader;
  readonly agents: AgentReader;
  readonly judge: TokenJudge;
  readonly clock: Clock;
}

/** What a workload presents. Nobody has authenticated it: its token is all that speaks for it. */
export interface ExchangeTokenInput {
  readonly subjectToken: string;
  /** A part of what the rule gives; null, all of it. */
  readonly scopes: readonly string[] | null;
  /** The base URL of the organization that the token is wanted for; null, whichever it is. */
  readonly audience: string | null;
  /** Where the call came from. */
  readonly from?: CallOrigin | undefined;
}

/** A token that ends by itself, with its text, which cannot be had again. */
export interface ExchangedToken {
  readonly token: ApiToken & { readonly expiresAt: Date };
  readonly text: string;
}

/**
 * Exchanges a workload's token for a short token of ours (RFC 8693), once. All refusals of the token
 * are `subject-token-refused` in the same words; the `cause` says why, for the log. Throws
 * `issuer-unavailable` while the keys of its issuer cannot be had, `not-permitted` for a scope that
 * no fitting rule gives, and `organization-not-found` for an audience that they are not for.
 */
export async function exchangeToken(
  deps: ExchangeTokenDeps,
  input: ExchangeTokenInput,
): Promise<ExchangedToken> {
  const found = await findRules(deps, input.subjectToken);
  const rule = await chooseRule(deps, input, found.rules);
  const scopes = rule.grants.scopes.filter((scope) => input.scopes?.includes(scope) ?? true);
  const agentId = await agentIdOf(deps, rule);
  const now = deps.clock.now();
  const text = mintTokenText();
  const token = {
    id: newId<TokenId>('tok', now),
    organizationId: rule.organizationId,
    name: `workload: ${rule.name}`,
    scopes,
    platform: false,
    hash: hashToken(text),
    team: rule.grants.team,
    agentId,
    createdAt: now,
    expiresAt: new Date(now.getTime() + rule.tokenLifetimeS * 1000),
    revokedAt: null,
  };
  await record(deps, { found, rule, token, from: input.from });
  return { token, text };
}

/** The oldest of the fitting rules that gives what is asked for. */
async function chooseRule(
  deps: ExchangeTokenDeps,
  { scopes, audience }: ExchangeTokenInput,
  rules: readonly WorkloadRule[],
): Promise<WorkloadRule> {
  const named = audience === null ? rules : await rulesFor(deps, audience, rules);
  const [first] = named;
  if (first === undefined) {
    throw new SealwrightError('organization-not-found', 'The token is not for that audience.');
  }
  if (named.some(({ organizationId }) => organizationId !== first.organizationId)) {
    throw refusal('rules of several organizations');
  }
  const fitting = named.find(({ grants }) => {
    const given: readonly string[] = grants.scopes;
    return (scopes ?? []).every((scope) => given.includes(scope));
  });
  if (fitting !== undefined) return fitting;
  throw new SealwrightError('not-permitted', 'A scope is asked for that no rule gives.');
}

async function rulesFor(
  deps: ExchangeTokenDeps,
  audience: string,
  rules: readonly WorkloadRule[],
): Promise<readonly WorkloadRule[]> {
  const organizations = await deps.organizations.list();
  const wanted = organizations.find(({ baseUrl }) => baseUrl === audience);
  return rules.filter(({ organizationId }) => organizationId === wanted?.id);
}

async function agentIdOf(deps: ExchangeTokenDeps, rule: WorkloadRule): Promise<AgentId | null> {
  const { agent: handle } = rule.grants;
  if (handle === null) return null;
  const agent = await deps.agents.findByHandle(rule.organizationId, handle);
  if (agent === null || agent.state === 'retired') throw refusal('the agent of the rule is gone');
  return agent.id;
}

async function record(
  deps: ExchangeTokenDeps,
  done: {
    readonly found: FoundRules;
    readonly rule: WorkloadRule;
    readonly token: ExchangedToken['token'];
    readonly from: CallOrigin | undefined;
  },
): Promise<void> {
  const { found, rule, token } = done;
  const spentUntil = found.expiresAt.getTime() + clockSkewMs;
  const exchange = {
    key: exchangeKeyOf(found.token, rule),
    ruleId: rule.id,
    tokenId: token.id,
    endsAt: new Date(Math.max(spentUntil, token.expiresAt.getTime())),
  };
  await deps.work.run(async (stores) => {
    if (!(await stores.workloadRules.use(rule.id, token.createdAt))) throw refusal('rule is gone');
    if (!(await stores.exchanges.record(exchange))) throw refusal('exchanged before');
    await stores.tokens.insert(token);
    await stores.audit.append([
      {
        organizationId: rule.organizationId,
        actor: { kind: 'system', id: 'token-exchange', from: done.from },
        action: 'token.exchanged',
        subject: token.id,
        reason: null,
        details: {
          rule: rule.id,
          issuer: rule.issuer,
          workload: shownClaim(found, 'sub'),
          jti: shownClaim(found, 'jti'),
          claims: Object.keys(rule.claims).map((name) => `${name}=${shownClaim(found, name)}`),
          scopes: token.scopes,
          team: token.team,
          agent: token.agentId,
          expiresAt: token.expiresAt.toISOString(),
        },
      },
    ]);
  });
}

const longestShown = 512;

/** A claim of a token that was verified, as the audit trail shows it. */
function shownClaim({ token }: FoundRules, name: string): string | null {
  const value = claimNamed(token.claims, name);
  if (value === undefined) return null;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length <= longestShown ? text : `${text.slice(0, longestShown)}…`;
}
