import type { DepartedOwner } from '../estate/departed-owner.ts';
import type { EstateReaders } from '../estate/estate-store.ts';
import {
  countOrphans,
  type FindOrphansDeps,
  findOrphans,
  type NeglectedAgent,
  type OrphanQuestion,
} from '../estate/find-orphans.ts';
import type { EstateFinding, FindingCount } from '../estate/finding.ts';
import type { FindingFilter } from '../estate/finding-store.ts';
import {
  type ImportCredentialDeps,
  importCredential,
  removeImport,
} from '../estate/import-credential.ts';
import type { ImportedCredential, ImportId, TrustedIssuer } from '../estate/imported-credential.ts';
import type { Inventory } from '../estate/inventory.ts';
import { addRule, changeRule, type RuleDraft, removeRule } from '../estate/keep-rule.ts';
import { markDeparted, markReturned } from '../estate/mark-departed.ts';
import type { EstateRule, RuleId } from '../estate/rule.ts';
import type { Sightings } from '../estate/sighting.ts';
import { distrustIssuer, trustIssuer } from '../estate/trust-issuer.ts';
import type { PageRequest } from '../kernel/page.ts';
import { SealwrightError } from '../kernel/sealwright-error.ts';
import type { IssuerDirectory } from '../keys/issuer.ts';
import type { OrganizationReader } from '../organizations/organization-store.ts';
import { checkReason } from './check-reason.ts';
import { findAgent } from './find-agent.ts';
import type { AgentRef, Caller } from './registry.ts';

/** What can be asked and said about the estate as a whole: none of it changes an agent. */
export interface EstateCases {
  markOwnerDeparted(input: Caller & { owner: string; reason: string }): Promise<DepartedOwner>;
  markOwnerReturned(input: Caller & { owner: string }): Promise<void>;
  listDepartedOwners(caller: Caller): Promise<readonly DepartedOwner[]>;
  findOrphans(question: OrphanQuestion, page: PageRequest): Promise<readonly NeglectedAgent[]>;

  trustIssuer(
    input: Caller & { issuer: string; credentialTypes: readonly string[] },
  ): Promise<TrustedIssuer>;
  distrustIssuer(input: Caller & { issuer: string }): Promise<void>;
  listTrustedIssuers(caller: Caller): Promise<readonly TrustedIssuer[]>;
  importCredential(input: AgentRef & { jwt: string; reason: string }): Promise<ImportedCredential>;
  listImports(input: AgentRef): Promise<readonly ImportedCredential[]>;
  findImport(input: Caller & { id: ImportId }): Promise<ImportedCredential>;
  removeImport(input: Caller & { id: ImportId }): Promise<void>;

  addRule(input: Caller & { draft: RuleDraft }): Promise<EstateRule>;
  changeRule(input: Caller & { id: RuleId; changes: Partial<RuleDraft> }): Promise<EstateRule>;
  removeRule(input: Caller & { id: RuleId }): Promise<void>;
  listRules(caller: Caller): Promise<readonly EstateRule[]>;
  listFindings(filter: FindingFilter, page: PageRequest): Promise<readonly EstateFinding[]>;
  countFindings(): Promise<readonly FindingCount[]>;
  /** Agents of all organizations that every owner departed from. */
  countOrphans(): Promise<number>;
  /** What all organizations hold, counted now. */
  takeInventory(): Promise<Inventory>;

  /** Notes that the registry's own verifier judged a client; nothing is written before a round. */
  noteVerification(clientId: string): void;
}

/** Every port that those need. */
export interface EstateCasesDeps extends EstateReaders, FindOrphansDeps, ImportCredentialDeps {
  readonly owners: EstateReaders['owners'];
  readonly imports: EstateReaders['imports'];
  readonly sightings: EstateReaders['sightings'];
  readonly organizations: OrganizationReader;
  readonly issuers: Pick<IssuerDirectory, 'find'>;
  readonly seen: Sightings;
}

/** Binds them to their ports. */
export function bindEstateCases(deps: EstateCasesDeps): EstateCases {
  return { ...ownerCases(deps), ...importCases(deps), ...ruleCases(deps) };
}

function ownerCases(deps: EstateCasesDeps) {
  return {
    markOwnerDeparted: async (input) => {
      checkReason(input.reason);
      return markDeparted(deps, input);
    },
    markOwnerReturned: (input) => markReturned(deps, input),
    listDepartedOwners: ({ organizationId }) => deps.owners.listDeparted(organizationId),
    findOrphans: (question, page) => findOrphans(deps, question, page),
    countOrphans: () => countOrphans(deps),
    noteVerification: (clientId) => deps.seen.noteVerification({ clientId, at: deps.clock.now() }),
  } satisfies Partial<EstateCases>;
}

function importCases(deps: EstateCasesDeps) {
  const findImport = async ({ organizationId, id }: Caller & { readonly id: ImportId }) => {
    const imported = await deps.imports.findImport(organizationId, id);
    if (imported !== null) return imported;
    throw new SealwrightError('import-not-found', 'There is no import with this id.');
  };
  const organizationOf = async ({ organizationId }: Caller) =>
    (await deps.issuers.find(organizationId)).organization;
  return {
    trustIssuer: async (input) =>
      trustIssuer(deps, { ...input, organization: await organizationOf(input) }),
    distrustIssuer: (input) => distrustIssuer(deps, input),
    listTrustedIssuers: ({ organizationId }) => deps.imports.listTrusted(organizationId),
    importCredential: async (input) => {
      checkReason(input.reason);
      const agent = await findAgent(deps, input);
      return importCredential(deps, { ...input, agent, organization: await organizationOf(input) });
    },
    listImports: async (input) => deps.imports.listImports([(await findAgent(deps, input)).id]),
    findImport,
    removeImport: async (input) =>
      removeImport(deps, { ...input, imported: await findImport(input) }),
  } satisfies Partial<EstateCases>;
}

function ruleCases(deps: EstateCasesDeps) {
  return {
    addRule: (input) => addRule(deps, input),
    changeRule: (input) => changeRule(deps, input),
    removeRule: (input) => removeRule(deps, input),
    listRules: ({ organizationId }) => deps.rules.listRules([organizationId]),
    listFindings: (filter, page) => deps.findings.listFindings(filter, page),
    countFindings: () => deps.findings.countOpen(),
    takeInventory: () => deps.inventory.takeInventory(deps.clock.now()),
  } satisfies Partial<EstateCases>;
}
