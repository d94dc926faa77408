import { changesBetween } from '../audit/describe-change.ts';
import { newId } from '../kernel/new-id.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { EstateCaller, EstateDeps } from './estate-caller.ts';
import type { EstateRule, RuleCondition, RuleId, RuleRequirement } from './rule.ts';

const mostRules = 100;

/** What a rule says. */
export interface RuleDraft {
  readonly name: string;
  readonly condition: RuleCondition;
  readonly requirement: RuleRequirement;
}

/** Adds a rule; every agent is judged by it within the next rounds. */
export async function addRule(
  deps: EstateDeps,
  input: EstateCaller & { readonly draft: RuleDraft },
): Promise<EstateRule> {
  const { organizationId, actor, draft } = input;
  const at = deps.clock.now();
  const id = newId<RuleId>('rul', at);
  const rule = { ...draft, id, organizationId, createdAt: at, updatedAt: at };
  return deps.work.run(async ({ rules, findings, audit }) => {
    await rules.putRule(rule);
    if ((await rules.listRules([organizationId])).length > mostRules) {
      throw new SealwrightError('invalid-input', `There would be more than ${mostRules} rules.`);
    }
    await findings.makeAllDue(organizationId);
    await audit.append([eventOf(rule, actor, 'rule.added')]);
    return rule;
  });
}

/** Changes the members present. */
export async function changeRule(
  deps: EstateDeps,
  input: EstateCaller & { readonly id: RuleId; readonly changes: Partial<RuleDraft> },
): Promise<EstateRule> {
  const { organizationId, actor, id, changes } = input;
  return deps.work.run(async ({ rules, findings, audit }) => {
    const former = await rules.findRule(organizationId, id);
    if (former === null) throw noRule();
    const rule = { ...former, ...changes, updatedAt: deps.clock.now() };
    await rules.putRule(rule);
    await findings.makeAllDue(organizationId);
    const event = eventOf(rule, actor, 'rule.changed');
    const said = changesBetween(former, rule, ['name', 'condition', 'requirement']);
    await audit.append([{ ...event, details: { ...event.details, changes: said } }]);
    return rule;
  });
}

/** Removes a rule; its open findings are resolved, and stay readable. */
export async function removeRule(
  deps: EstateDeps,
  input: EstateCaller & { readonly id: RuleId },
): Promise<void> {
  const { organizationId, actor, id } = input;
  await deps.work.run(async ({ rules, findings, audit }) => {
    const rule = await rules.findRule(organizationId, id);
    if (rule === null) throw noRule();
    await rules.deleteRule(id);
    await findings.resolveAllOf(id, deps.clock.now());
    // A judgement under way may still know the rule: it is followed by one that does not.
    await findings.makeAllDue(organizationId);
    await audit.append([eventOf(rule, actor, 'rule.removed')]);
  });
}

function eventOf(
  { id, organizationId, name, condition, requirement }: EstateRule,
  actor: EstateCaller['actor'],
  action: 'rule.added' | 'rule.changed' | 'rule.removed',
) {
  const said = { when: JSON.stringify(condition), require: JSON.stringify(requirement) };
  const details = { name, ...said };
  return { organizationId, actor, action, subject: id, reason: null, details };
}

function noRule(): SealwrightError {
  return new SealwrightError('rule-not-found', 'There is no rule with this id.');
}
