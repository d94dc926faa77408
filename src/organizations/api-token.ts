import { createHash, randomBytes } from 'node:crypto';
import type { Brand } from '../kernel/brand.ts';
import type { OrganizationId } from './organization.ts';

/** A token by its id, `tok_…`; never its text. */
export type TokenId = Brand<'TokenId'>;

/** What a token may do, as in the contract of the management API. */
export const tokenScopes = [
  'agents:read',
  'agents:write',
  'credentials:issue',
  'credentials:revoke',
  'keys:write',
  'audit:read',
  'org:admin',
  'verify',
] as const;

/** One of the scopes. */
export type TokenScope = (typeof tokenScopes)[number];

/** Which agents of its organization a token reaches. Both null: all. */
export interface TokenReach {
  /** Set: only the agents of this team. */
  readonly team: string | null;
  /** Set: only the agent with this id. */
  readonly agentId: string | null;
}

/** A bearer token of one organization. Only the sha-256 of its text is kept. */
export interface ApiToken extends TokenReach {
  readonly id: TokenId;
  readonly organizationId: OrganizationId;
  readonly name: string;
  readonly scopes: readonly TokenScope[];
  /** Whether it may create organizations; for every other call it is a token of its own one. */
  readonly platform: boolean;
  /** sha-256 of the token's text, in hex: the text has 256 random bits, so no salt is needed. */
  readonly hash: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
}

/** A new token text: `swt_` and 256 random bits. It is shown once and never stored. */
export function mintTokenText(): string {
  return `swt_${randomBytes(32).toString('base64url')}`;
}

/** The hash that a token is stored and found by: sha-256 of its text, in hex. */
export function hashToken(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Whether the token opens anything at that moment. */
export function isUsable(token: ApiToken, at: Date): boolean {
  return token.revokedAt === null && (token.expiresAt === null || token.expiresAt > at);
}

/** Whether an agent of the organization exists for a caller with this reach; absent reaches all. */
export function reaches(
  reach: TokenReach | undefined,
  agent: { readonly id: string; readonly team: string | null },
): boolean {
  if (reach === undefined) return true;
  const isOwnTeam = reach.team === null || reach.team === agent.team;
  return isOwnTeam && (reach.agentId === null || reach.agentId === agent.id);
}
