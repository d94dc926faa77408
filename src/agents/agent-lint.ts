import type { AgentId } from './agent.ts';

/** What the lint found in an agent's client documents when they were last published. */
export interface AgentLint {
  readonly agentId: AgentId;
  readonly checkedAt: Date;
  /** One for each client_id of the agent, its own first. */
  readonly documents: readonly DocumentLint[];
}

/** One client document: by the standards, and for every server that the lint knows. */
export interface DocumentLint {
  readonly clientId: string;
  readonly findings: readonly LintedRule[];
  readonly targets: readonly TargetLint[];
}

/** Whether one server takes the document, and what its own rules found. */
export interface TargetLint {
  readonly target: string;
  readonly outcome: 'accepts' | 'refuses' | 'unknown';
  readonly findings: readonly LintedRule[];
}

/** One rule that a document breaks. */
export interface LintedRule {
  /** `cimd.{part}.{defect}` for the standards, `{target}.{part}.{defect}` for a target. */
  readonly id: string;
  readonly severity: 'error' | 'warning' | 'notice';
  /** JSON Pointers (RFC 6901) into the document. */
  readonly places: readonly string[];
  readonly message: string;
  readonly fix: string;
}
