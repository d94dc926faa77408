import type { RememberedRequest, RequestId } from '../../../src/requests/remembered-request.ts';
import type {
  RememberedRequestStore,
  RequestClaim,
} from '../../../src/requests/remembered-request-store.ts';
import type { StateSource } from './memory-state.ts';

export class MemoryRememberedRequestStore implements RememberedRequestStore {
  readonly #state: StateSource;

  constructor(state: StateSource) {
    this.#state = state;
  }

  async claim(request: RememberedRequest): Promise<RequestClaim> {
    const { requests } = this.#state();
    const held = [...requests.values()].find(
      ({ tokenId, key }) => tokenId === request.tokenId && key === request.key,
    );
    if (held === undefined) {
      requests.set(request.id, request);
      return { request, isOurs: true };
    }
    const isLeft = held.answer === null && held.leaseUntil <= request.createdAt;
    if (!isLeft || held.fingerprint !== request.fingerprint)
      return { request: held, isOurs: false };
    const taken = { ...held, leaseUntil: request.leaseUntil };
    requests.set(held.id, taken);
    return { request: taken, isOurs: true };
  }

  async lease(id: RequestId, until: Date): Promise<void> {
    this.#change(id, { leaseUntil: until });
  }

  async answer(id: RequestId, answer: Uint8Array): Promise<void> {
    this.#change(id, { answer });
  }

  async release(id: RequestId): Promise<void> {
    if (this.#state().requests.get(id)?.answer === null) this.#state().requests.delete(id);
  }

  async forget(before: Date, limit: number): Promise<number> {
    const old = [...this.#state().requests.values()]
      .filter(({ createdAt }) => createdAt < before)
      .sort((one, other) => one.createdAt.getTime() - other.createdAt.getTime())
      .slice(0, limit);
    for (const { id } of old) this.#state().requests.delete(id);
    return old.length;
  }

  #change(id: RequestId, change: Partial<RememberedRequest>): void {
    const held = this.#state().requests.get(id);
    if (held?.answer === null) this.#state().requests.set(id, { ...held, ...change });
  }
}
