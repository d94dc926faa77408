import type { PageRequest } from '../kernel/page.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type { Enrolment, EnrolmentId, ShownEnrolmentState } from './enrolment.ts';

/** Which enrolments of an organization a listing is about. */
export interface EnrolmentFilter {
  readonly organizationId: OrganizationId;
  readonly state?: ShownEnrolmentState;
  /** The moment that decides what has expired. */
  readonly at: Date;
}

/** Reads enrolments, of every state. */
export interface EnrolmentReader {
  find(organizationId: OrganizationId, id: EnrolmentId): Promise<Enrolment | null>;
  /** By the sha-256 of the token, in hex. */
  findByHash(tokenHash: string): Promise<Enrolment | null>;
  list(filter: EnrolmentFilter, page: PageRequest): Promise<readonly Enrolment[]>;
}

/** Writes enrolments, inside a unit of work. */
export interface EnrolmentStore extends EnrolmentReader {
  insert(enrolment: Enrolment): Promise<void>;
  /** Locks the enrolment until the transaction ends, and returns it as it is then. */
  lock(id: EnrolmentId): Promise<Enrolment | null>;
  /** Records how far it came: state, request, agent and reason. The rest never changes. */
  update(enrolment: Enrolment): Promise<void>;
}
