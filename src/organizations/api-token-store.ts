import type { ApiToken, TokenId } from './api-token.ts';
import type { OrganizationId } from './organization.ts';

/** Reads tokens, by their hash or by their organization. */
export interface ApiTokenReader {
  findByHash(hash: string): Promise<ApiToken | null>;
  list(organizationId: OrganizationId): Promise<readonly ApiToken[]>;
}

/** Writes tokens, inside a unit of work. */
export interface ApiTokenStore extends ApiTokenReader {
  insert(token: ApiToken): Promise<void>;
  /** Gives all tokens of one organization to another one, which is to have no agents. */
  handOver(from: OrganizationId, to: OrganizationId): Promise<void>;
  /** Marks the token revoked and returns it, or null when the organization has no such token. */
  revoke(organizationId: OrganizationId, id: TokenId, at: Date): Promise<ApiToken | null>;
}
