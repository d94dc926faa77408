/** Resources that are disposed together, the last one first. */
export class Disposals implements AsyncDisposable {
  readonly #resources: AsyncDisposable[] = [];

  /** Takes a resource in and hands it back. */
  use<Resource extends AsyncDisposable>(resource: Resource): Resource {
    this.#resources.push(resource);
    return resource;
  }

  /** Disposes all, each once, and then throws the first failure if there was one. */
  async [Symbol.asyncDispose](): Promise<void> {
    const failures: unknown[] = [];
    for (const resource of this.#resources.splice(0).reverse()) {
      try {
        await resource[Symbol.asyncDispose]();
      } catch (failure) {
        failures.push(failure);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
