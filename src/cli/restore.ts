import { resolve } from 'node:path';
import type { Restored } from '../restore.ts';
import type { Command, Invocation } from './command.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { CommandFailure, usageFailure } from './failure.ts';
import { type Paint, printable } from './paint.ts';
import { serviceSettings } from './service-settings.ts';

/** How many of the lost changes people are shown; programs get all. */
const mostShown = 50;

/** Exit code 1 for a backup that is not whole, 5 when nothing could be restored. */
export const restore: Command = {
  words: 'restore',
  summary: 'bring the registry back from a backup, with all that was revoked since',
  example: 'restore --from /var/backups/sealwright-2026-11-22.backup --replay',
  options: [
    { form: '--from <file>', help: 'the backup; without it the database stays as it is' },
    {
      form: '--replay [dir]',
      help: 'replay the audit journal: the one of this installation, or DIR',
    },
    { form: '--despite-gaps', help: 'replay although records are missing from the journal' },
  ],
  run: async (call) => {
    const from = call.text('from');
    const replay = replayOf(call);
    if (from === undefined && replay === null) {
      throw usageFailure('--from has to name the backup, or --replay ask for the journal.');
    }
    const restored = await run(call, { from, replay });
    call.print(restored, (paint) => render(restored, paint));
    return exitCodes.ok;
  },
};

function replayOf(call: Invocation): { readonly dir: string | null } | null {
  const dir = call.text('replay');
  if (dir !== undefined) return { dir: resolve(dir) };
  return call.flag('replay') ? { dir: null } : null;
}

async function run(
  call: Invocation,
  order: { readonly from: string | undefined; readonly replay: { dir: string | null } | null },
): Promise<Restored> {
  const settings = serviceSettings(call);
  const { restoreRegistry } = await import('../restore.ts');
  const { SealwrightError } = await import('../kernel/sealwright-error.ts');
  call.say('The registry is being restored; no service may run on its data directory meanwhile.');
  try {
    return await restoreRegistry({
      settings,
      from: order.from === undefined ? null : resolve(order.from),
      replay: order.replay,
      despiteGaps: call.flag('despiteGaps'),
      log: (message) => call.say(message),
    });
  } catch (cause) {
    if (!(cause instanceof SealwrightError)) throw cause;
    throw new CommandFailure(cause.detail, { ...kindOf(cause.code), cause });
  }
}

function kindOf(code: string): { readonly exitCode: ExitCode; readonly code: string } {
  if (code === 'invalid-input') return { exitCode: exitCodes.rejected, code: 'backup-invalid' };
  return { exitCode: exitCodes.server, code: 'not-restored' };
}

function render(restored: Restored, paint: Paint): string {
  const { backup, restoredAt, unreplayed, indicesBurned, reinserted, lost, replayed } = restored;
  const taken = backup === null ? 'as it was' : `from the backup of ${backup.createdAt}`;
  const done = Object.entries(replayed).map(([action, count]) => `  ${count} ${printable(action)}`);
  const shown = lost
    .slice(0, mostShown)
    .map(({ at, action, subject, about }) =>
      `  ${at} ${printable(action)} ${printable(subject)} ${printable(about ?? '')}`.trimEnd(),
    );
  return [
    `${paint('green', '✔')} The registry is restored ${taken}, up to record ${restoredAt} of its audit trail.`,
    ...(unreplayed === 0
      ? [
          `Replayed: ${reinserted} records put back; ${indicesBurned} credentials that are not known any more read revoked.`,
          ...done,
        ]
      : [
          `${paint('red', '✖')} ${unreplayed} records of the journal are not replayed: no service starts before "sealwright restore --replay".`,
        ]),
    ...(restored.journalSetAside === null
      ? []
      : [`The former journal is now ${printable(restored.journalSetAside)}.`]),
    ...(lost.length === 0
      ? []
      : [`Lost, and to be done again by people: ${lost.length}`, ...shown]),
    ...(lost.length > mostShown ? [`  … and ${lost.length - mostShown} more: --json has all`] : []),
    'Next: start the service, then sealwright audit verify',
    '',
  ].join('\n');
}
