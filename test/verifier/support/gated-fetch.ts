import type { Fetch, FetchOptions } from '../../../src/verifier/ports.ts';

/** A Fetch whose answers wait at a gate while it is closed. */
export interface GatedFetch extends Fetch {
  readonly asked: string[];
  readonly options: FetchOptions[];
  close(): void;
  /** Lets every answer through, those that wait already and those to come. */
  open(): void;
}

/** Puts a gate, open at first, in front of another Fetch. */
export function createGatedFetch(inner: Fetch): GatedFetch {
  const asked: string[] = [];
  const options: FetchOptions[] = [];
  let gate = Promise.resolve();
  let letThrough = () => {};
  const fetch = async (url: string, asking: FetchOptions) => {
    asked.push(url);
    options.push(asking);
    await gate;
    return inner(url, asking);
  };
  return Object.assign(fetch, {
    allowLoopback: inner.allowLoopback,
    asked,
    options,
    close() {
      gate = new Promise((resolve) => {
        letThrough = resolve;
      });
    },
    open: () => letThrough(),
  });
}
