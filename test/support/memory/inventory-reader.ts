import { credentialStateAt } from '../../../src/credentials/credential.ts';
import type { CredentialCount, Inventory, InventoryReader } from '../../../src/estate/inventory.ts';
import { facetTypes } from '../../../src/protocol/facet.ts';
import { statusUrls } from '../../../src/status/status-list.ts';
import { MemoryCredentialReader } from './credential-store.ts';
import type { StateSource } from './memory-state.ts';

const ourTypes: readonly string[] = ['passport', ...facetTypes];
const everything = { limit: Number.MAX_SAFE_INTEGER };

/** Counts in memory what the real one counts in SQL. */
export class MemoryInventoryReader implements InventoryReader {
  readonly #state: StateSource;

  constructor(state: StateSource) {
    this.#state = state;
  }

  async takeInventory(at: Date): Promise<Inventory> {
    const { agents, lists, organizations } = this.#state();
    const credentials = await this.#readCredentials();
    const typed = credentials.map((credential) => ({
      ...{ type: ourTypes.includes(credential.type) ? credential.type : 'own' },
      ...{ state: credentialStateAt(credential, at), endsAt: credential.validUntil },
      renews: credential.type === 'passport' || credential.renewsForS !== null,
    }));
    const ends = typed.filter(({ state, renews }) => state === 'active' && !renews);
    return {
      agents: countBy([...agents.values()].map(({ state }) => ({ type: '', state }))).map(
        ({ state, count }) => ({ state, count }),
      ),
      credentials: countBy(typed),
      earliestEnds: [...new Set(ends.map(({ type }) => type))].sort().map((type) => ({
        type,
        endsAt: new Date(
          Math.min(...ends.filter((end) => end.type === type).map(({ endsAt }) => +endsAt)),
        ),
      })),
      lists: [...lists.values()].map(({ organizationId, number, publishedAt, taken, size }) => {
        const baseUrl = organizations.get(organizationId)?.baseUrl ?? '';
        return { url: statusUrls(baseUrl, number).token, publishedAt, used: taken / size };
      }),
    };
  }

  async #readCredentials() {
    const reader = new MemoryCredentialReader(this.#state);
    const found = [...this.#state().organizations.keys()].map((organizationId) =>
      reader.list({ organizationId, at: new Date(0) }, everything),
    );
    return (await Promise.all(found)).flat();
  }
}

function countBy(
  things: readonly { readonly type: string; readonly state: string }[],
): readonly CredentialCount[] {
  const counts = new Map<string, CredentialCount>();
  for (const { type, state } of things) {
    const key = `${type} ${state}`;
    counts.set(key, { type, state, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return [...counts.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, count]) => count);
}
