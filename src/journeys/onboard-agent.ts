import type { AgentKind } from '../agents/agent.ts';
import type { Template } from '../enrolments/template.ts';
import type { TemplateReader } from '../enrolments/template-store.ts';
import { addDuration } from '../kernel/duration.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import { type EnrolAgentDeps, enrolAgent } from './enrol-agent.ts';
import { fillFromTemplate } from './fill-from-template.ts';
import { findTemplate } from './find-template.ts';
import type { EnrolAgentInput, EnrolledAgent, KeyOrder } from './registry.ts';

/** An agent as its owner describes it; where that is silent a template may speak. */
export interface OnboardAgentInput extends Omit<EnrolAgentInput, 'kind' | 'owners' | 'key'> {
  readonly kind?: AgentKind | undefined;
  readonly owners?: readonly string[] | undefined;
  readonly key?: KeyOrder | undefined;
  /** The name of a template. */
  readonly template?: string | undefined;
}

/**
 * Onboards an agent, with what a template adds to its description. The template's credentials come
 * with the first passport: all of them, or the agent is not onboarded. Whether the template asks
 * for approval does not matter here: whoever may onboard agents may approve them.
 */
export async function onboardAgent(
  deps: EnrolAgentDeps & { readonly templates: TemplateReader },
  input: OnboardAgentInput,
): Promise<EnrolledAgent> {
  const { template: name } = input;
  const template = name === undefined ? null : await findTemplate(deps, { ...input, name });
  return enrolAgent(deps, completed(input, template, deps.clock.now()));
}

function completed(
  input: OnboardAgentInput,
  template: Template | null,
  now: Date,
): EnrolAgentInput {
  const { template: _name, ...described } = input;
  const { keyCustody, expiresIn } = template?.defaults ?? {};
  const key = input.key ?? (keyCustody === undefined ? null : { custody: keyCustody });
  if (key === null) throw keyless();
  return {
    ...described,
    ...fillFromTemplate(input, template),
    key,
    expiresAt: input.expiresAt ?? endOf(now, expiresIn),
    credentials: [...(template?.credentials ?? []), ...(input.credentials ?? [])],
  };
}

function endOf(now: Date, expiresIn: string | undefined): Date | undefined {
  return expiresIn === undefined ? undefined : (addDuration(now, expiresIn) ?? undefined);
}

function keyless(): SealwrightError {
  return new SealwrightError('invalid-input', 'The agent has no key.', {
    faults: [{ pointer: '', detail: 'give exactly one of "jwk" and "keyCustody"' }],
  });
}
