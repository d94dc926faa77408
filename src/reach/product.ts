/** A client as a product has it. */
export interface ProductClient {
  readonly isEnabled: boolean;
  /** Whether we disabled it, and it was not enabled by us since. */
  readonly isMarked: boolean;
}

/**
 * A server whose clients can be disabled through its administration interface. A change resolves only
 * once the product, read again, shows it; otherwise it rejects with an `AdminFailure`.
 */
export interface Product {
  /** The client by the product's own name for it; undefined when there is none. */
  read(name: string): Promise<ProductClient | undefined>;
  /** Disables it and marks it as disabled by us. `mark` is one short line for people. */
  disable(name: string, mark: string): Promise<void>;
  /** Enables a marked client as it was before, and takes the mark away. */
  enable(name: string): Promise<void>;
}

/** Everything that can go wrong with an administration interface; outsiders switch on it. */
export type AdminFailureCode =
  | 'unreachable'
  | 'unauthorized'
  | 'forbidden'
  | 'rate-limited'
  | 'server-error'
  | 'refused'
  | 'answer-malformed'
  | 'not-acknowledged'
  | 'not-restorable'
  | 'client-missing';

/** Why a call came to nothing. Its message holds no secret, and nothing that was answered. */
export class AdminFailure extends Error {
  override readonly name = 'AdminFailure';
  readonly code: AdminFailureCode;

  constructor(code: AdminFailureCode, message: string) {
    super(message);
    this.code = code;
  }
}
