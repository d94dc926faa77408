import { z } from 'zod';
import { tokenScopes } from '../organizations/api-token.ts';
import {
  type WorkloadRule,
  type WorkloadRuleId,
  workloadKinds,
} from '../workloads/workload-rule.ts';
import { created, noContent, ok } from './answer.ts';
import { pageOf } from './answer-schemas.ts';
import { noInput } from './input.ts';
import { durationOf, shortDuration } from './lifetime.ts';
import { workloadRuleAnswer } from './organization-answers.ts';
import { type Route, route } from './route.ts';

const usualLifetimeS = 900;

const demanded = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => (typeof value === 'string' ? [value] : value));

const ruleInput = z
  .strictObject({
    name: z.string(),
    kind: z.enum(workloadKinds).default('oidc'),
    issuer: z.string(),
    audience: z.string().nullable().default(null),
    claims: z.record(z.string(), demanded),
    grants: z.strictObject({
      scopes: z.array(z.enum(tokenScopes)),
      team: z.string().nullable().default(null),
      agent: z.string().nullable().default(null),
    }),
    tokenLifetime: shortDuration.default(usualLifetimeS),
    jwksUri: z.string().nullable().default(null),
  })
  .transform(({ tokenLifetime, grants, ...rule }) => ({
    ...rule,
    grants: { ...grants, scopes: [...new Set(grants.scopes)] },
    tokenLifetimeS: tokenLifetime,
  }));

/** The calls about rules for workloads. */
export const workloadRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/workload-rules',
    scope: 'org:admin',
    input: ruleInput,
    summary: 'Create a rule for workloads',
    answers: { 201: workloadRuleAnswer },
    refuses: ['agent-not-found'],
    run: ({ ports, caller }, input) => ports.registry.createWorkloadRule({ ...caller, ...input }),
    view: (rule, call) => created(`${call.path}/${rule.id}`, viewRule(rule)),
  }),
  route({
    method: 'GET',
    path: '/workload-rules',
    scope: 'org:admin',
    input: noInput,
    summary: 'List rules for workloads',
    answers: { 200: pageOf(workloadRuleAnswer) },
    run: ({ ports, caller }) => ports.registry.listWorkloadRules(caller),
    view: (rules) => ok({ data: rules.map(viewRule), next: null }),
  }),
  route({
    method: 'DELETE',
    path: '/workload-rules/:target',
    scope: 'org:admin',
    input: noInput,
    summary: 'Delete a rule for workloads',
    answers: { 204: null },
    refuses: ['workload-rule-not-found'],
    run: ({ ports, caller, target }) =>
      ports.registry.deleteWorkloadRule({ ...caller, id: target as WorkloadRuleId }),
    view: noContent,
  }),
];

function viewRule(rule: WorkloadRule) {
  return {
    id: rule.id,
    name: rule.name,
    kind: rule.kind,
    issuer: rule.issuer,
    audience: rule.audience,
    claims: rule.claims,
    grants: rule.grants,
    tokenLifetime: durationOf(rule.tokenLifetimeS),
    jwksUri: rule.jwksUri,
    createdAt: rule.createdAt.toISOString(),
    lastUsedAt: rule.lastUsedAt?.toISOString() ?? null,
  };
}
