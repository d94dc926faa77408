import type { Command } from './command.ts';
import { usageFailure } from './failure.ts';
import { keysPath, printKeys } from './key-list.ts';
import { newKeyOptions, storingNewKey, withNewKey } from './new-key.ts';
import { reasonOption, serverOption } from './server-option.ts';

/** Ends once no document names the key and the lists show its passports as revoked. */
export const keyCompromise: Command = {
  words: 'key compromise',
  summary: 'give up a key that is no secret any more, everywhere and at once',
  example: 'key compromise billing-bot 0ovC… --reason "INC-204" --confirm billing-bot',
  arguments: [
    { form: '<handle>', help: 'the agent' },
    { form: '<kid>', help: 'the key, as "key list" prints it' },
  ],
  options: [
    reasonOption,
    { form: '--confirm <handle>', help: 'the handle once more: this cannot be undone' },
    ...newKeyOptions,
    serverOption,
  ],
  run: async (call) => {
    const [handle, kid] = [call.argument(0), call.argument(1)];
    if (call.text('confirm') !== handle) {
      throw usageFailure(
        'Give --confirm with the handle: the key is destroyed and every passport that names it revoked. ' +
          'An agent that holds its own key, and has no other, is suspended unless --jwk brings one.',
      );
    }
    const path = keysPath(handle, kid, 'compromise');
    const body = await withNewKey(call, { reason: call.text('reason') });
    return printKeys(
      call,
      await storingNewKey(call, () => call.api().call({ method: 'POST', path, body })),
    );
  },
};
