import type { AgentId } from '../agents/agent.ts';

/** When an agent was last looked at, as far as the registry can know. */
export interface AgentSighting {
  readonly agentId: AgentId;
  /** The beginning of the day (UTC) on which its client document was last read from us. */
  readonly fetchedOn: Date | null;
  /** When the registry's own verifier last judged it. */
  readonly verifiedAt: Date | null;
}

/** One look at a client, by its client_id. */
export interface ClientSighting {
  readonly clientId: string;
  readonly at: Date;
}

const mostClients = 200_000;
const dayMs = 86_400_000;

/**
 * Keeps in memory who was looked at, a day being fine enough for documents, until a round writes it
 * down: what was seen since the last round is lost with the process. Bounded: beyond `mostClients`
 * nothing new is kept until then.
 */
export class Sightings {
  readonly #fetched = new Map<string, number>();
  readonly #verified = new Map<string, number>();

  noteFetch({ clientId, at }: ClientSighting): void {
    note(this.#fetched, clientId, at.getTime() - (at.getTime() % dayMs));
  }

  noteVerification({ clientId, at }: ClientSighting): void {
    note(this.#verified, clientId, at.getTime());
  }

  /** Everything noted since the last call, at most one of each kind for a client. */
  take(): {
    readonly fetched: readonly ClientSighting[];
    readonly verified: readonly ClientSighting[];
  } {
    const taken = { fetched: listOf(this.#fetched), verified: listOf(this.#verified) };
    this.#fetched.clear();
    this.#verified.clear();
    return taken;
  }
}

function note(seen: Map<string, number>, clientId: string, at: number): void {
  if (seen.size >= mostClients && !seen.has(clientId)) return;
  seen.set(clientId, at);
}

function listOf(seen: ReadonlyMap<string, number>): readonly ClientSighting[] {
  return [...seen].map(([clientId, at]) => ({ clientId, at: new Date(at) }));
}
