import type { ProblemCode } from './problems.ts';

/**
 * A refusal by the HTTP edge itself, before or beside the domain. `detail` is shown to the caller;
 * `headers` go out with the problem document.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: ProblemCode;
  readonly detail: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ProblemCode,
    options: { readonly detail?: string; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(code);
    this.code = code;
    this.detail = options.detail;
    this.headers = options.headers ?? {};
  }
}
