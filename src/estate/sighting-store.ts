import type { AgentId } from '../agents/agent.ts';
import type { PageRequest } from '../kernel/page.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type { AgentSighting, ClientSighting } from './sighting.ts';

/** What makes an agent worth a look: any of these. */
export interface NeglectFilter {
  readonly organizationId: OrganizationId;
  /** Agents of whose owners one departed at least. */
  readonly departed: boolean;
  /** Agents that end, or hold a facet that ends, before this moment and after `at`; null for none. */
  readonly endsBefore: Date | null;
  /** Agents onboarded before this moment and not seen since; null for none. */
  readonly unseenSince: Date | null;
  readonly at: Date;
}

/** Reads who was looked at, and who might be neglected. */
export interface SightingReader {
  listSightings(agentIds: readonly AgentId[]): Promise<readonly AgentSighting[]>;
  /** Agents that are not retired and may match, all that do among them, in the order of ids. */
  listNeglected(filter: NeglectFilter, page: PageRequest): Promise<readonly AgentId[]>;
}

/** Writes who was looked at, inside a unit of work. A client_id of nobody is passed over. */
export interface SightingStore extends SightingReader {
  recordFetches(sightings: readonly ClientSighting[]): Promise<void>;
  recordVerifications(sightings: readonly ClientSighting[]): Promise<void>;
}
