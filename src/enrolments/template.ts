import type { AgentKind, DocumentProfile, GrantType } from '../agents/agent.ts';
import type { Brand } from '../kernel/brand.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type { OnboardingFacet } from './enrolment.ts';

/** A template by its id, `tpl_…`. */
export type TemplateId = Brand<'TemplateId'>;

/** What an agent gets where its own description is silent. */
export interface TemplateDefaults {
  readonly owners?: readonly string[] | undefined;
  readonly team?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly redirectUris?: readonly string[] | undefined;
  readonly grantTypes?: readonly GrantType[] | undefined;
  readonly profiles?: readonly DocumentProfile[] | undefined;
  /** Of agents that are onboarded directly; one that enrols brings its key. */
  readonly keyCustody?: 'issued' | 'registry' | undefined;
  /** How long the agent lives from its onboarding on: an ISO 8601 duration such as `P1Y`. */
  readonly expiresIn?: string | undefined;
}

/** What may be changed about a template. */
export interface TemplateContent {
  /** null when every order says it. */
  readonly kind: AgentKind | null;
  readonly defaults: TemplateDefaults;
  /** Issued with the agent's first passport. */
  readonly credentials: readonly OnboardingFacet[];
  /** Whether somebody has to approve the key that comes with an enrolment token. */
  readonly approval: boolean;
}

/** How a kind of agent is onboarded, decided once. Its name never changes. */
export interface Template extends TemplateContent {
  readonly id: TemplateId;
  readonly organizationId: OrganizationId;
  readonly name: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
