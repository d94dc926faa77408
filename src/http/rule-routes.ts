import { z } from 'zod';
import type { EstateFinding } from '../estate/finding.ts';
import type { EstateRule, RuleId } from '../estate/rule.ts';
import { isPlainLine } from '../kernel/plain-line.ts';
import { created, listed, noContent, ok } from './answer.ts';
import { pageOf } from './answer-schemas.ts';
import { findingAnswer, ruleAnswer } from './estate-answers.ts';
import { noInput, withoutUndefined } from './input.ts';
import { pageMembers, readPage } from './page.ts';
import { type Route, route } from './route.ts';

const text = (most: number) =>
  z.string().trim().min(1).max(most).refine(isPlainLine, 'must not hold control characters');

const condition = z.strictObject({
  action: text(200).optional(),
  resource: text(200).optional(),
  kind: z.enum(['agent', 'mcp-server', 'mcp-client']).optional(),
  team: text(60).optional(),
  tag: text(40).optional(),
});

const attestation = z
  .strictObject({ framework: text(500).optional(), standard: text(100).optional() })
  .refine(({ framework, standard }) => (framework ?? standard) !== undefined, {
    message: 'give "framework", "standard" or both',
  })
  .meta({ minProperties: 1 });

const requirement = z
  .strictObject({
    attestation: attestation.optional(),
    modelApprovedBy: text(200).optional(),
    importedFrom: text(500).optional(),
    owners: z.int().min(1).max(20).optional(),
  })
  .refine((required) => Object.values(required).some((member) => member !== undefined), {
    message: 'must ask for something',
  })
  .meta({ minProperties: 1 });

const ruleInput = z.strictObject({
  name: text(120),
  when: condition.default({}),
  require: requirement,
});
const changesInput = z.strictObject({
  name: text(120).optional(),
  when: condition.optional(),
  require: requirement.optional(),
});
const findingsInput = z.strictObject({
  ...pageMembers,
  state: z.enum(['open', 'resolved']).optional(),
  rule: z.string().optional(),
  agent: z.string().optional(),
});

/** The calls about rules for the estate, and about agents that do not meet them. */
export const ruleRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/rules',
    scope: 'org:admin',
    input: ruleInput,
    summary: 'Add a rule for agents',
    answers: { 201: ruleAnswer },
    refuses: ['rule-name-taken'],
    run: ({ ports, caller }, { name, when, require }) => {
      const draft = { name, condition: when, requirement: require };
      return ports.registry.addRule({ ...caller, draft });
    },
    view: (rule, call) => created(`${call.path}/${rule.id}`, viewRule(rule)),
  }),
  route({
    method: 'GET',
    path: '/rules',
    scope: 'agents:read',
    input: noInput,
    summary: 'List rules for agents',
    answers: { 200: pageOf(ruleAnswer) },
    run: ({ ports, caller }) => ports.registry.listRules(caller),
    view: (rules) => ok({ data: rules.map(viewRule), next: null }),
  }),
  route({
    method: 'PATCH',
    path: '/rules/:target',
    scope: 'org:admin',
    input: changesInput,
    summary: 'Change a rule for agents',
    answers: { 200: ruleAnswer },
    refuses: ['rule-not-found', 'rule-name-taken'],
    run: ({ ports, caller, target }, { name, when, require }) => {
      const changes = withoutUndefined({ name, condition: when, requirement: require });
      return ports.registry.changeRule({ ...caller, id: target as RuleId, changes });
    },
    view: (rule) => ok(viewRule(rule)),
  }),
  route({
    method: 'DELETE',
    path: '/rules/:target',
    scope: 'org:admin',
    input: noInput,
    summary: 'Remove a rule for agents',
    answers: { 204: null },
    refuses: ['rule-not-found'],
    run: ({ ports, caller, target }) =>
      ports.registry.removeRule({ ...caller, id: target as RuleId }),
    view: noContent,
  }),
  route({
    method: 'GET',
    path: '/findings',
    scope: 'agents:read',
    input: findingsInput,
    summary: 'List agents that do not meet a rule',
    answers: { 200: pageOf(findingAnswer) },
    refuses: ['agent-not-found'],
    run: async ({ ports, caller }, { limit, cursor, state, rule, agent: handle }) => {
      const { registry } = ports;
      const { organizationId } = caller;
      const agent =
        handle === undefined ? undefined : await registry.findAgent({ ...caller, handle });
      const ruleId = rule as RuleId | undefined;
      const filter = withoutUndefined({ organizationId, state, ruleId, agentId: agent?.id });
      const page = await readPage({ limit, cursor }, (request) =>
        registry.listFindings(filter, request),
      );
      const [agents, rules] = await Promise.all([
        registry.findAgents(page.rows.map(({ agentId }) => agentId)),
        registry.listRules(caller),
      ]);
      const handles = new Map(agents.map((one) => [one.id, one.handle]));
      const names = new Map(rules.map((one) => [one.id, one.name]));
      const rows = page.rows.map((finding) => ({
        finding,
        handle: handles.get(finding.agentId) ?? null,
        name: names.get(finding.ruleId) ?? null,
      }));
      return { ...page, rows };
    },
    view: (page, call) => listed(page, call, viewFinding),
  }),
];

function viewRule({ id, name, condition: when, requirement: require, ...rule }: EstateRule) {
  const { createdAt, updatedAt } = rule;
  const times = { createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
  return { id, name, when, require, ...times };
}

/** `name` is null once the rule is removed. */
function viewFinding({
  finding,
  handle,
  name,
}: {
  readonly finding: EstateFinding;
  readonly handle: string | null;
  readonly name: string | null;
}) {
  const { id, ruleId, state, detail, since, resolvedAt } = finding;
  return {
    ...{ id, rule: { id: ruleId, name }, agent: handle, state, detail },
    since: since.toISOString(),
    resolvedAt: resolvedAt?.toISOString() ?? null,
  };
}
