import { parseClientId } from '../../protocol/client-id.ts';
import { clientIdBesideDid, type Did, didWebUrl, parseDidWeb } from '../../protocol/did-web.ts';
import { accepted } from '../../protocol/parsed.ts';
import type { SecurityEvent } from '../../protocol/security-event.ts';
import type { Verifier } from '../ports.ts';
import { Budget, Paced } from './paced.ts';

/** Which copies an event may have dropped, and through whom. */
export interface EventDropsOrder {
  readonly verifier: Pick<Verifier, 'invalidate' | 'invalidateIssuer' | 'trusts'>;
  /** The base URL of the transmitter, without a final slash: the events name URLs below it. */
  readonly base: string;
  /** The issuers that the transmitter speaks for and the policy trusts, as they are now. */
  readonly issuers: () => readonly Did[];
}

/** Documents that are dropped one by one in a second; beyond, everything of the issuer is. */
const maxDropsPerSecond = 50;
/** Between two drops of all lists, or of everything, of an issuer. */
const pauseMs = 500;

/**
 * Turns events into drops of what is held. An event cannot do more than have copies read again: it
 * brings no fact. However many events there are, a document is dropped at most as often as the budget
 * says, and beyond it everything of the issuer at once, no more often than every half second.
 */
export class EventDrops {
  readonly #order: EventDropsOrder;
  readonly #budget = new Budget(maxDropsPerSecond);
  readonly #lists: Paced;
  readonly #everything: Paced;

  constructor(order: EventDropsOrder) {
    const { verifier, issuers } = order;
    const dropAll = (kind: 'lists' | 'everything') => () => {
      for (const issuer of issuers()) verifier.invalidateIssuer(issuer, kind);
    };
    this.#order = order;
    this.#lists = new Paced(pauseMs, dropAll('lists'));
    this.#everything = new Paced(pauseMs, dropAll('everything'));
  }

  /** Drops what this event may have made old. */
  apply({ subject, notice }: Pick<SecurityEvent, 'subject' | 'notice'>): void {
    const named = (notice?.urls ?? []).filter((url) => this.#isOwn(url));
    if (named.length === 0 && subject.some((name) => this.#isIssuer(name))) {
      this.#everything.ask();
      return;
    }
    const urls = new Set([...named, ...subject.flatMap((name) => this.#documentsOf(name))]);
    if (!this.#budget.take(urls.size)) {
      this.#everything.ask();
      return;
    }
    for (const url of urls) this.#order.verifier.invalidate(url);
    // Which lists the subject is on is known to its documents only.
    if (named.length === 0) this.#lists.ask();
  }

  #isOwn(url: string): boolean {
    return url.startsWith(`${this.#order.base}/`);
  }

  #isIssuer(name: string): boolean {
    return this.#order.issuers().some((issuer) => issuer === name);
  }

  // One issuer's events do not have the documents of another's clients read again.
  #documentsOf(name: string): readonly string[] {
    const { base, issuers, verifier } = this.#order;
    const scheme = base.startsWith('https:') ? 'https' : 'http';
    const did = parseDidWeb(name);
    if (did.ok && this.#isIssuer(name)) return [didWebUrl(did.value, scheme)];
    const beside = did.ok ? clientIdBesideDid(did.value, scheme) : accepted(name);
    const client = beside.ok ? parseClientId(beside.value, { allowLoopback: true }) : beside;
    return client.ok && issuers().some((issuer) => verifier.trusts(issuer, client.value))
      ? [client.value]
      : [];
  }
}
