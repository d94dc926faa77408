import type { JsonObject } from '../../protocol/strict-json.ts';
import type { Verifier } from '../ports.ts';
import { differences, sameMembers } from './held-client.ts';
import type { AgentJudge } from './oidc-agent-judge.ts';
import { shelfOf } from './oidc-configuration.ts';
import { heldIn } from './oidc-metadata.ts';
import { invalidStatement, oauthError, statementRefused } from './oidc-refusals.ts';
import type {
  IssuesAccessToken,
  MakeShelf,
  OidcClient,
  RequestContext,
  Section,
  Shelf,
} from './oidc-shapes.ts';

/** Metadata that a registered agent keeps beside the standard's. */
export const registeredMembers = ['software_statement', 'agent_client_id'] as const;

/** Registers agents by their papers, and judges them again whenever the server looks them up. */
export class AgentRegistrar {
  readonly #verifier: Verifier;
  readonly #judge: AgentJudge;

  constructor(verifier: Verifier, judge: AgentJudge) {
    this.#verifier = verifier;
    this.#judge = judge;
  }

  /**
   * Runs at every registration before the server reads its metadata, and puts those in their place
   * that the papers bind. The answer, whether the client gets a registration access token, is the
   * operator's.
   */
  admitting(given: boolean | IssuesAccessToken = true): IssuesAccessToken {
    return async (context) => {
      await this.#admit(context);
      return typeof given === 'function' ? given(context) : given;
    };
  }

  async #admit(context: RequestContext): Promise<void> {
    const { oidc } = context;
    const { software_statement: statement, ...asked } = oidc?.body ?? {};
    // RFC 7591 §2.3
    if (oidc === undefined || typeof statement !== 'string') {
      throw invalidStatement('a software_statement is required');
    }
    const audience = oidc.issuer;
    const verdict = await this.#verifier.verifySoftwareStatement(statement, { audience });
    const agent = verdict.report.subject.clientId ?? '';
    // A policy in `monitor` mode lets in what does not hold, as it is.
    const document = verdict.outcome === 'accepted' ? verdict.client?.metadata : undefined;
    // What the server could never hold as verified, such as keys within the document.
    const held = document === undefined ? undefined : heldIn(document, agent);
    const differing = held === undefined ? [] : differences(held, verdict.client);
    if (!this.#judge.settle(verdict, agent, differing)) throw statementRefused(verdict);
    const metadata = document === undefined ? asked : boundMetadata(asked, document);
    oidc.body = { ...metadata, software_statement: statement, agent_client_id: agent };
  }

  /** The operator's adapter, whose clients are judged as they are found. */
  guarding(adapter: MakeShelf): (name: string) => Shelf {
    return (name) => {
      const shelf = shelfOf(adapter, name);
      return name === 'Client' ? this.#guard(shelf) : shelf;
    };
  }

  #guard(shelf: Shelf): Shelf {
    return {
      find: async (id) => {
        const stored = await shelf.find(id);
        const agent = stored?.['agent_client_id'];
        if (stored === undefined || typeof agent !== 'string') return stored;
        return this.#allow(stored, agent);
      },
      upsert: async (id, payload, expiresIn) => {
        const held = await shelf.find(id);
        const isAgent = [held, payload].some((one) => one?.['agent_client_id'] !== undefined);
        if (held !== undefined && isAgent) throw notUpdated();
        return shelf.upsert(id, payload, expiresIn);
      },
      destroy: (id) => shelf.destroy(id),
    };
  }

  async #allow(stored: Section, agent: string): Promise<Section> {
    const held: OidcClient = heldIn(stored, agent);
    const verdict = await this.#judge.judgeRegistered(agent, held);
    // The server keeps a client, and for a minute its keys, for as long as all it found is the same:
    // with the keys that the papers name among it, one that was taken back is dropped at once.
    return { ...stored, agent_keys: verdict.claims?.['jwkThumbprints'] ?? null };
  }
}

// RFC 7591 §2.3: what a statement says takes precedence. What the papers do not bind is left out:
// everybody can hand in papers that are public, with a name, a logo or a logout page of their own.
function boundMetadata(asked: Section, document: JsonObject): Section {
  const { client_id: _id, ...bound } = document;
  for (const [member, value] of Object.entries(asked)) {
    const vouched = document[member];
    if (vouched !== undefined && !agrees(member, value, vouched)) throw contradiction(member);
  }
  const { grant_types: grantTypes } = asked;
  return grantTypes === undefined ? bound : { ...bound, grant_types: grantTypes };
}

function agrees(member: string, asked: unknown, vouched: unknown): boolean {
  if (!(Array.isArray(asked) && Array.isArray(vouched))) return asked === vouched;
  // An agent may register for less than its papers name; every other list is compared whole.
  return member === 'grant_types'
    ? asked.every((type) => vouched.includes(type))
    : sameMembers(asked, vouched);
}

// RFC 7591 §3.2.2
function contradiction(member: string): Error {
  const code = member === 'redirect_uris' ? 'invalid_redirect_uri' : 'invalid_client_metadata';
  return oauthError(400, code, {
    description: `${member} is not what the agent's papers bind`,
  });
}

// RFC 7592 §2.2 leaves it to the server which updates it takes.
function notUpdated(): Error {
  return oauthError(400, 'invalid_client_metadata', {
    description: 'what papers bind is not updated: register again',
  });
}
