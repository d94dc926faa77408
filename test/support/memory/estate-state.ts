import type { AgentId } from '../../../src/agents/agent.ts';
import type { DepartedOwner } from '../../../src/estate/departed-owner.ts';
import type { EstateFinding, FindingId } from '../../../src/estate/finding.ts';
import type {
  ImportedCredential,
  ImportId,
  TrustedIssuer,
} from '../../../src/estate/imported-credential.ts';
import type { EstateRule, RuleId } from '../../../src/estate/rule.ts';
import type { AgentSighting } from '../../../src/estate/sighting.ts';
import type { OrganizationId } from '../../../src/organizations/organization.ts';

/** Up to where an agent was judged. */
export interface MemoryJudgement {
  readonly papersRevision: number;
  readonly publishedRevision: number;
  readonly estateRevision: number;
  readonly dueAt: Date;
}

type Owned<Value> = Value & { readonly organizationId: OrganizationId };

/** What the stores of the estate hold; the keys join what is unique together. */
export interface EstateState {
  readonly departed: Map<string, Owned<DepartedOwner>>;
  readonly trusted: Map<string, Owned<TrustedIssuer>>;
  readonly imports: Map<ImportId, ImportedCredential>;
  readonly rules: Map<RuleId, EstateRule>;
  readonly findings: Map<FindingId, EstateFinding>;
  readonly judgements: Map<AgentId, MemoryJudgement>;
  readonly revisions: Map<OrganizationId, number>;
  readonly sightings: Map<AgentId, AgentSighting>;
}

export function emptyEstate(): EstateState {
  return {
    departed: new Map(),
    trusted: new Map(),
    imports: new Map(),
    rules: new Map(),
    findings: new Map(),
    judgements: new Map(),
    revisions: new Map(),
    sightings: new Map(),
  };
}

export function copyEstate(estate: EstateState): EstateState {
  return {
    departed: new Map(estate.departed),
    trusted: new Map(estate.trusted),
    imports: new Map(estate.imports),
    rules: new Map(estate.rules),
    findings: new Map(estate.findings),
    judgements: new Map(estate.judgements),
    revisions: new Map(estate.revisions),
    sightings: new Map(estate.sightings),
  };
}
