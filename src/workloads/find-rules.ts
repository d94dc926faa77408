import type { Clock } from '../kernel/clock.ts';
import { isPlainLine } from '../kernel/plain-line.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { JsonObject, JsonValue } from '../protocol/strict-json.ts';
import { findUnfitClaim } from './match-claims.ts';
import { trustDomainOf } from './spiffe-id.ts';
import type { Judgement, TokenJudge } from './token-judge.ts';
import { readTokenTimes } from './token-times.ts';
import type { KeySource, WorkloadRule } from './workload-rule.ts';
import type { IssuerName, WorkloadRuleReader } from './workload-rule-store.ts';
import { parseWorkloadToken, type WorkloadToken } from './workload-token.ts';

/** What finding the rules for a token needs. */
export interface FindRulesDeps {
  readonly workloadRules: WorkloadRuleReader;
  readonly judge: TokenJudge;
  readonly clock: Clock;
}

/** A token that is genuine by the keys of each of these rules, and says what they demand. */
export interface FoundRules {
  readonly token: WorkloadToken;
  readonly expiresAt: Date;
  /** At least one, oldest first. */
  readonly rules: readonly WorkloadRule[];
}

/**
 * The rules that a workload's token fits. What the token says is compared first: an issuer that no
 * rule names, or a token that no rule is for, causes no request at all.
 */
export async function findRules(deps: FindRulesDeps, text: string): Promise<FoundRules> {
  const parsed = parseWorkloadToken(text);
  if (!parsed.ok) throw refusal(parsed.faults.map(({ rule }) => rule).join(' '));
  const token = parsed.value;
  const times = readTokenTimes(token.claims, deps.clock.now());
  if (!times.ok) throw refusal(times.why);
  const named = await deps.workloadRules.listByIssuers(issuersOf(token.claims));
  if (named.length === 0) throw refusal('no rule names the issuer');
  const fitting = named.filter((rule) => fits(token.claims, rule));
  if (fitting.length === 0) throw refusal('no rule of the issuer fits the audience and the claims');
  const rules = await genuineRules(deps.judge, token, fitting);
  return { token, expiresAt: times.expiresAt, rules };
}

function issuersOf({ iss, sub }: JsonObject): readonly IssuerName[] {
  const trustDomain = trustDomainOf(sub);
  return [
    ...(typeof iss === 'string' && isPlainLine(iss)
      ? [{ kind: 'oidc' as const, issuer: iss }]
      : []),
    ...(trustDomain === undefined ? [] : [{ kind: 'spiffe' as const, issuer: trustDomain }]),
  ];
}

function fits(claims: JsonObject, rule: WorkloadRule): boolean {
  return isFor(claims['aud'], rule.audience) && findUnfitClaim(claims, rule.claims) === undefined;
}

// RFC 7519 §4.1.3: a text, or a list; whoever else a list names could present the token here.
function isFor(aud: JsonValue | undefined, audience: string): boolean {
  return aud === audience || (Array.isArray(aud) && aud.length === 1 && aud[0] === audience);
}

/** Two rules with one source of keys are judged once. */
async function genuineRules(
  judge: TokenJudge,
  token: WorkloadToken,
  rules: readonly WorkloadRule[],
): Promise<readonly WorkloadRule[]> {
  const sources = new Map(rules.map((rule) => [sourceName(rule), rule]));
  const judged = new Map<string, Judgement>(
    await Promise.all(
      [...sources].map(async ([name, rule]) => [name, await judge.judge(token, rule)] as const),
    ),
  );
  const genuine = rules.filter((rule) => judged.get(sourceName(rule))?.outcome === 'genuine');
  if (genuine.length > 0) return genuine;
  throw refusalOf([...judged.values()]);
}

function sourceName({ kind, issuer, jwksUri }: KeySource): string {
  return JSON.stringify([kind, issuer, jwksUri]);
}

function refusalOf(judgements: readonly Judgement[]): SealwrightError {
  const whys = judgements.flatMap((one) => (one.outcome === 'genuine' ? [] : [one.why]));
  if (judgements.every(({ outcome }) => outcome === 'refused')) return refusal(whys.join('; '));
  return new SealwrightError(
    'issuer-unavailable',
    'The keys of the issuer cannot be had at this moment.',
    { cause: whys.join('; ') },
  );
}

/** The one answer to every token that is not taken; `why` is for the log. */
export function refusal(why: string): SealwrightError {
  return new SealwrightError('subject-token-refused', 'The subject token is not accepted.', {
    cause: why,
  });
}
