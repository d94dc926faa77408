import { expect, it } from 'vitest';
import { Disposals } from '../../src/demo/disposals.ts';

function resource(name: string, log: string[], failure?: Error): AsyncDisposable {
  return {
    [Symbol.asyncDispose]: async () => {
      log.push(name);
      if (failure !== undefined) throw failure;
    },
  };
}

it('disposes the last resource first, and all of them, and then throws the first failure', async () => {
  const log: string[] = [];
  const failure = new Error('does not stop');
  const disposals = new Disposals();
  disposals.use(resource('first', log));
  disposals.use(resource('second', log, failure));
  disposals.use(resource('third', log));
  await expect(disposals[Symbol.asyncDispose]()).rejects.toBe(failure);
  expect(log).toEqual(['third', 'second', 'first']);
  await disposals[Symbol.asyncDispose]();
  expect(log).toHaveLength(3);
});
