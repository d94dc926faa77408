import { inspect } from 'node:util';

const mask = '[secret]';

/**
 * A value that must not be seen: as text, as JSON, in `console.log`, in a log line and in an error
 * it reads `[secret]`. `reveal` is the one way to the value.
 */
export class Secret<Value> {
  readonly #value: Value;

  constructor(value: Value) {
    this.#value = value;
  }

  reveal(): Value {
    return this.#value;
  }

  toString(): string {
    return mask;
  }

  toJSON(): string {
    return mask;
  }

  [inspect.custom](): string {
    return mask;
  }
}
