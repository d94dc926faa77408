import type { OrganizationId } from '../organizations/organization.ts';

/** Messages under way to the endpoints of one organization, beyond which each endpoint gets one. */
const mostTogether = 64;

/**
 * What each organization may have under way at a time in this process, so that endpoints which keep
 * their connections open use up the room of their own organization and of no other. Whoever asks gets
 * at least one: an endpoint is never kept waiting by others.
 */
export class Shares {
  readonly #underWay = new Map<OrganizationId, number>();

  /** Takes room for up to `wanted` messages, at least one, to be given back by `give`. */
  take(id: OrganizationId, wanted: number): number {
    const underWay = this.#underWay.get(id) ?? 0;
    const taken = Math.max(1, Math.min(wanted, mostTogether - underWay));
    this.#underWay.set(id, underWay + taken);
    return taken;
  }

  give(id: OrganizationId, taken: number): void {
    const left = (this.#underWay.get(id) ?? 0) - taken;
    if (left > 0) this.#underWay.set(id, left);
    else this.#underWay.delete(id);
  }
}
