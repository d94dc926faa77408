import { askForChange, changeCredential, changeLine } from './change-credential.ts';
import type { Command, Invocation } from './command.ts';
import { countOf } from './count-of.ts';
import type { ExitCode } from './exit-codes.ts';
import { exitCodes } from './exit-codes.ts';
import { usageFailure } from './failure.ts';
import { measureChange } from './measure-change.ts';
import { renderMeasurement } from './render-measurement.ts';
import { readRevocationObservers } from './revocation-observers.ts';

const plain = changeCredential('revoke', 'take a credential back for good');
const defaultDeadlineS = 90;
const measuring = ['as', 'policy', 'giveUpAfter', 'allowLoopback'] as const;

/** May be repeated: the first revocation stands, and is answered alike. */
export const credentialRevoke: Command = {
  ...plain,
  options: [
    ...(plain.options ?? []),
    { form: '--measure', help: 'follow the change, and print when each reader of it knew' },
    {
      form: '--as <url>',
      help: 'with --measure: a sidecar, or the verify call of one, to be asked too',
    },
    {
      form: '--policy <file>',
      help: 'with --measure: whom the verifier trusts; this issuer alone unless given',
    },
    { form: '--give-up-after <seconds>', help: `with --measure: ${defaultDeadlineS} unless given` },
    { form: '--allow-loopback', help: 'with --measure: read http://localhost too' },
  ],
  run: async (call) => {
    if (call.flag('measure')) return revokeAndMeasure(call);
    const stray = measuring.find((name) => call.text(name) !== undefined || call.flag(name));
    if (stray === undefined) return plain.run(call);
    throw usageFailure('--as, --policy, --give-up-after and --allow-loopback need --measure.');
  },
};

/** Exit 3 when somebody still did not know at the end: the revocation itself stands. */
async function revokeAndMeasure(call: Invocation): Promise<ExitCode> {
  const seconds = countOf(call.text('giveUpAfter'), '--give-up-after') ?? defaultDeadlineS;
  const observers = await readRevocationObservers(call);
  const { changed, measure } = await measureChange({
    observers,
    change: () => askForChange(call, 'revoke'),
    deadlineMs: seconds * 1_000,
    onAnswer: () => call.say(`The service has answered; following for up to ${seconds} s.`),
  });
  call.print(
    { ...changed, measure },
    (paint) => changeLine(changed, paint) + renderMeasurement(measure, paint),
  );
  return measure.observers.every(({ knew }) => knew) ? exitCodes.ok : exitCodes.undetermined;
}
