import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { OrganizationId } from '../organizations/organization.ts';
import type { DeliveryReader, DeliveryStore } from './delivery-store.ts';
import { findBehind, type LookOutDeps, type LookStores, lookOut } from './look-out.ts';
import type { Pulse } from './pulse.ts';
import { type SendDeps, type SendStores, sendDeliveries } from './send-deliveries.ts';
import { Shares } from './shares.ts';
import type { SubscriptionId } from './subscription.ts';

/** How often the trail is looked at without a beat: for what other processes recorded. */
const lookEveryMs = 300;
const afterTroubleMs = 2_000;
const forgetEveryMs = 60_000;
/** How long an ended delivery is shown. */
const keptMs = 3 * 24 * 3_600_000;
const rowsForgotten = 5_000;

/** What telling needs. */
export interface DispatchDeps extends Omit<LookOutDeps, 'work'>, Omit<SendDeps, 'work'> {
  readonly work: UnitOfWork<LookStores & SendStores & { readonly deliveries: DeliveryStore }>;
  readonly deliveries: DeliveryReader;
  readonly pulse: Pulse;
  /** Hears what stood in the way; it is tried again. */
  readonly onTrouble: (error: unknown) => void;
}

/**
 * Tells what happens until it is stopped: looks at the trail at every beat, and every 300 ms, each
 * organization in a lane of its own, so that one with much to tell to many delays no other; and sends
 * what is due, each subscription in a lane of its own, so that a slow one delays no other. Any
 * number of processes may do so on one database. Stopping waits for what is under way.
 */
export function dispatchEvents(deps: DispatchDeps): () => Promise<void> {
  const dispatcher = new Dispatcher(deps);
  const running = dispatcher.run();
  return async () => {
    dispatcher.stop();
    await running;
  };
}

class Dispatcher {
  readonly #deps: DispatchDeps;
  readonly #lanes = new Map<SubscriptionId, Promise<void>>();
  readonly #looks = new Map<OrganizationId, Promise<void>>();
  readonly #shares = new Shares();
  #isStopped = false;
  #forgottenAt = 0;

  constructor(deps: DispatchDeps) {
    this.#deps = deps;
  }

  async run(): Promise<void> {
    while (!this.#isStopped) {
      const { pulse } = this.#deps;
      const { beats } = pulse;
      const pauseMs = await this.#round();
      if (!this.#isStopped && pauseMs > 0) await pulse.wait(beats, pauseMs);
    }
    await Promise.all([...this.#looks.values(), ...this.#lanes.values()]);
  }

  stop(): void {
    this.#isStopped = true;
    this.#deps.pulse.beat();
  }

  /** A look for each organization that is behind, and a lane for each subscription that is due. */
  async #round(): Promise<number> {
    const { deliveries, clock, onTrouble } = this.#deps;
    try {
      for (const [organization, ids] of await findBehind(this.#deps)) this.#look(organization, ids);
      for (const id of await deliveries.listDue(clock.now())) this.#open(id);
      await this.#forget();
      return lookEveryMs;
    } catch (error) {
      onTrouble(error);
      return afterTroubleMs;
    }
  }

  #look(organization: OrganizationId, ids: readonly SubscriptionId[]): void {
    if (this.#looks.has(organization)) return;
    const look = this.#lookFor(ids).finally(() => this.#looks.delete(organization));
    this.#looks.set(organization, look);
  }

  /** Trouble with one subscription keeps it from being told, and no other. */
  async #lookFor(ids: readonly SubscriptionId[]): Promise<void> {
    const { pulse, onTrouble } = this.#deps;
    let seen = 0;
    let failed = false;
    for (const id of ids) {
      if (this.#isStopped) break;
      try {
        seen += await lookOut(this.#deps, id);
      } catch (error) {
        onTrouble(error);
        failed = true;
      }
    }
    if (failed && !this.#isStopped) await pulse.wait(pulse.beats, afterTroubleMs);
    // For what is due now, and for a poll that looked before these deliveries were there.
    if (seen > 0) pulse.beat();
  }

  #open(id: SubscriptionId): void {
    if (this.#lanes.has(id)) return;
    const lane = this.#drain(id)
      .catch(this.#deps.onTrouble)
      .finally(() => this.#lanes.delete(id));
    this.#lanes.set(id, lane);
  }

  async #drain(id: SubscriptionId): Promise<void> {
    while (!this.#isStopped && (await sendDeliveries(this.#deps, id, this.#shares)) > 0);
  }

  async #forget(): Promise<void> {
    const { work, clock } = this.#deps;
    const now = clock.now().getTime();
    if (now - this.#forgottenAt < forgetEveryMs) return;
    this.#forgottenAt = now;
    const before = new Date(now - keptMs);
    await work.run((stores) => stores.deliveries.forgetEnded(before, rowsForgotten));
  }
}
