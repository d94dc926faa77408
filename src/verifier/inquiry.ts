import type { AuthorizationDetail } from '../protocol/authorization-details.ts';
import type { ClientId } from '../protocol/client-id.ts';
import type { ClientMetadata } from '../protocol/client-metadata.ts';
import type { CompactJws } from '../protocol/compact-jws.ts';
import type { AgentCredential } from '../protocol/credential-envelope.ts';
import type { DidDocument } from '../protocol/did-document.ts';
import type { PublicJwk } from '../protocol/jwk.ts';
import type { Fault, Parsed } from '../protocol/parsed.ts';
import type { PassportSubject } from '../protocol/passport.ts';
import type { JsonObject } from '../protocol/strict-json.ts';
import type { ApprovalStore } from './approvals.ts';
import type { Presentation, PresentedCredential, Statement } from './intake/presentation.ts';
import type { HeldOctets } from './resolve/octets.ts';
import type { Sources } from './sources.ts';
import type { Limits, Trust } from './trust.ts';
import type { Reason, Report, Verdict } from './verdict.ts';

/** Judges the claims of a credential type that is not ours; returns what is wrong with them. */
export type ClaimsValidator = (claims: JsonObject) => readonly Fault[];

/** What one status list entry of the credential says. */
export interface StatusFact {
  readonly purpose: string;
  readonly set: boolean;
  readonly list: string;
  readonly index: number;
  readonly ageMs: number;
}

/** What was requested, parted by what the papers permit. */
export interface Parted<Item> {
  readonly granted: readonly Item[];
  readonly withheld: readonly Item[];
}

/** A facet of the agent that holds, signed by the passport's own issuer. */
export interface HeldFacet {
  readonly credential: AgentCredential;
  readonly statement: Statement;
  /** Whether the organization publishes it; else the agent handed it over. */
  readonly published: boolean;
}

/** The facets that could be had where any were wanted. */
export interface FacetsFact {
  readonly held: readonly HeldFacet[];
  /** Why another attempt could find more facets than these; undefined when it could not. */
  readonly unknown: Reason | undefined;
  /**
   * Whether every published facet that could deny something was judged, and holds or is no longer
   * in force. What is denied wins: as long as that is not known, facets permit nothing.
   */
  readonly denialsKnown: boolean;
}

/** A credential judged on its own, by the same checks. */
export interface ExaminedCredential {
  readonly outcome: Verdict['outcome'];
  readonly reason: Reason | null;
  readonly credential: AgentCredential | undefined;
  readonly statement: Statement | undefined;
}

/**
 * Something that a check finds out for the checks after it. Reading it before it was established
 * throws, which the runner turns into `undetermined`: a check that is left out of the table can
 * deny, never admit.
 */
export class Established<Value> {
  #value: Value | undefined;

  /** The value, or undefined for as long as nobody established it. */
  get known(): Value | undefined {
    return this.#value;
  }

  get value(): Value {
    return present(this.#value);
  }

  set(value: Value): void {
    this.#value = value;
  }
}

/** What stays the same from one question to the next. */
export interface Court {
  readonly trust: Trust;
  readonly sources: Sources;
  readonly allowLoopback: boolean;
  readonly validators: ReadonlyMap<string, ClaimsValidator>;
  /** Milliseconds since the epoch; governs validity and ages. */
  readonly clock: () => number;
  /** Decisions of the operator about single clients, where some are kept. */
  readonly approvals?: ApprovalStore | undefined;
}

/** What was asked. */
export interface Question {
  readonly input: Report['input'];
  /** What was really handed in, whatever its type. */
  readonly raw: unknown;
  readonly scope: string;
  readonly details: readonly AuthorizationDetail[];
  /** Facets that were handed over, as compact credentials. */
  readonly credentials: readonly string[];
  /** What was presented together with the question: a credential, or a document not to be fetched. */
  readonly presentation?: Presentation;
  /** Client metadata that were pushed, copied out of the host's object. */
  readonly pushed?: Parsed<JsonObject>;
  /** The authorization server that a software statement was presented to. */
  readonly audience?: string;
}

/** One question on its way through the checks: what was asked, and what is known so far. */
export class Inquiry {
  readonly court: Court;
  readonly question: Question;
  readonly now: number;
  /** Real time at which everything is given up, in milliseconds since the epoch. */
  readonly deadline: number;

  readonly clientId = new Established<ClientId>();
  readonly octets = new Established<HeldOctets>();
  readonly presentation = new Established<Presentation>();
  /** Where the passport is that the document names in a header; not set when the document holds it. */
  readonly passportUrl = new Established<string>();
  /** Set once a trusted issuer stands behind the credential as it reads. */
  readonly trusted = new Established<Limits>();
  readonly issuerDocument = new Established<DidDocument>();
  readonly issuerKey = new Established<PublicJwk>();
  /** The credential once its signature was verified: the only source of claims. */
  readonly signed = new Established<AgentCredential>();
  readonly statement = new Established<Statement>();
  readonly status = new Established<readonly StatusFact[]>();
  readonly facets = new Established<FacetsFact>();
  readonly scopes = new Established<Parted<string>>();
  readonly details = new Established<Parted<AuthorizationDetail>>();
  /** Judges another credential of the same client, within the same deadline. */
  readonly examine: (presentation: Presentation) => Promise<ExaminedCredential>;

  constructor(
    court: Court,
    question: Question,
    order: {
      readonly deadline: number;
      readonly examine: (presentation: Presentation) => Promise<ExaminedCredential>;
    },
  ) {
    this.court = court;
    this.question = question;
    this.deadline = order.deadline;
    this.examine = order.examine;
    this.now = court.clock();
    if (question.presentation !== undefined) {
      this.presentation.set(question.presentation);
    }
  }

  /** The client_id as it was handed in; a statement names it once its signature was verified. */
  get claimedClientId(): unknown {
    const { input, raw } = this.question;
    return input.kind === 'software_statement' ? this.signed.value.subjectId : raw;
  }

  get metadata(): ClientMetadata {
    return established(this.presentation.value.document?.metadata);
  }

  get presented(): PresentedCredential {
    return present(this.presentation.value.credential);
  }

  get presentedJws(): CompactJws {
    return established(this.presented.jws);
  }

  /** The credential as it reads, its signature not yet verified: never a source of claims. */
  get unverified(): AgentCredential {
    return established(this.presented.credential);
  }

  /** The signed passport; the schema check rules out that it is anything else. */
  get passport(): PassportSubject {
    const statement = this.statement.value;
    const signed = this.signed.known !== undefined;
    return present(signed && statement.kind === 'passport' ? statement.passport : undefined);
  }

  /** The limits of whoever is trusted for this credential; in an inspection, the usual ones. */
  get limits(): Limits {
    return this.trusted.known ?? this.court.trust.limits;
  }

  /** The client that the credential is asked about: the one named, or else the credential's own. */
  get subject(): string {
    return this.clientId.known ?? this.unverified.subjectId;
  }

  /** Whether this is development on one machine, where hosts may be read in plain. */
  get plainLoopback(): boolean {
    return this.court.allowLoopback && this.subject.startsWith('http://');
  }
}

function established<Value>(parsed: Parsed<Value> | undefined): Value {
  const known = present(parsed);
  return present(known.ok ? known.value : undefined);
}

function present<Value>(value: Value | undefined): Value {
  if (value === undefined) {
    throw new TypeError('a check depends on one that has not established its result');
  }
  return value;
}
