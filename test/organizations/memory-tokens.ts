import type { AuditEvent } from '../../src/audit/audit-event.ts';
import type { AuditTrail } from '../../src/audit/audit-trail.ts';
import type { UnitOfWork } from '../../src/kernel/unit-of-work.ts';
import type { ApiToken } from '../../src/organizations/api-token.ts';
import type { ApiTokenStore } from '../../src/organizations/api-token-store.ts';

interface TokenStores {
  readonly tokens: ApiTokenStore;
  readonly audit: AuditTrail;
}

/** Tokens and audited events in memory; work that throws leaves neither. */
export class MemoryTokens implements UnitOfWork<TokenStores> {
  tokens: readonly ApiToken[] = [];
  events: readonly AuditEvent[] = [];

  async run<Result>(work: (stores: TokenStores) => Promise<Result>): Promise<Result> {
    const tokens = [...this.tokens];
    const events = [...this.events];
    const result = await work({ tokens: storeOn(tokens), audit: trailOn(events) });
    this.tokens = tokens;
    this.events = events;
    return result;
  }
}

function storeOn(tokens: ApiToken[]): ApiTokenStore {
  return {
    findByHash: async (hash) => tokens.find((token) => token.hash === hash) ?? null,
    list: async (organizationId) =>
      tokens.filter((token) => token.organizationId === organizationId),
    insert: async (token) => {
      tokens.push(token);
    },
    revoke: async (organizationId, id, at) => {
      const place = tokens.findIndex(
        (token) => token.id === id && token.organizationId === organizationId,
      );
      const token = tokens[place];
      if (token === undefined) return null;
      const revoked = { ...token, revokedAt: token.revokedAt ?? at };
      tokens[place] = revoked;
      return revoked;
    },
  };
}

function trailOn(events: AuditEvent[]): AuditTrail {
  return {
    append: async (added) => {
      events.push(...added);
    },
  };
}
