import type { TemplateContent } from '../enrolments/template.ts';
import { addDuration } from '../kernel/duration.ts';
import { type InputFault, SealwrightError } from '../kernel/sealwright-error.ts';
import { draftFacets } from './draft-facets.ts';
import { type DraftAgentDeps, draftAgent } from './enrol-agent.ts';
import { offerTypes } from './offer-types.ts';
import type { Caller } from './registry.ts';

const namePattern = /^[a-z0-9](?:-?[a-z0-9])*$/;
const mostYears = 'P10Y';

/** Refuses a name that could not stand in a URL as it is. */
export function checkTemplateName(name: string): void {
  if (namePattern.test(name) && name.length <= 40) return;
  throw refuse([{ pointer: '/name', detail: 'use 1 to 40 of a-z, 0-9 and single inner hyphens' }]);
}

/**
 * Refuses a template by which no agent could be onboarded, whatever the agent says about itself:
 * defaults are judged as those of an agent, and credentials as if they were issued now.
 */
export async function checkTemplate(
  deps: DraftAgentDeps,
  { organizationId, actor }: Caller,
  content: TemplateContent,
): Promise<void> {
  const { keyCustody: _held, expiresIn, owners, ...defaults } = content.defaults;
  const now = deps.clock.now();
  if (expiresIn !== undefined) checkLifetime(expiresIn, now);
  const named = { handle: 'aa', name: 'aa', owners: owners ?? ['owner@example.com'] };
  const described = { ...defaults, ...named, kind: 'agent', organizationId, actor } as const;
  try {
    await draftAgent(deps, { ...described, key: { custody: 'registry' } });
  } catch (error) {
    throw inDefaults(error);
  }
  const types = await offerTypes(deps, organizationId, content.credentials);
  draftFacets(content.credentials, { agentExpiresAt: null, now, types });
}

function checkLifetime(expiresIn: string, now: Date): void {
  const end = addDuration(now, expiresIn);
  const latest = addDuration(now, mostYears);
  if (end !== null && latest !== null && end > now && end <= latest) return;
  const detail = `must be a duration up to ${mostYears}, such as P1Y`;
  throw refuse([{ pointer: '/defaults/expiresIn', detail }]);
}

function inDefaults(error: unknown): unknown {
  if (!(error instanceof SealwrightError)) return error;
  return refuse(
    error.faults.map(({ pointer, detail }) => ({ pointer: `/defaults${pointer}`, detail })),
  );
}

function refuse(faults: readonly InputFault[]): SealwrightError {
  return new SealwrightError('invalid-input', 'The template is not usable.', { faults });
}
