import type { Settings } from '../config/settings.ts';
import type { MovedDatabase } from '../db/move-database.ts';
import type { Command, Invocation } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { CommandFailure, usageFailure } from './failure.ts';
import { type Paint, printable } from './paint.ts';
import { serviceSettings } from './service-settings.ts';

/** The target is what the service will be told from then on, and so no secret is ever an argument. */
export const databaseMove: Command = {
  words: 'database move',
  summary: 'move the registry from the embedded database to the one that DATABASE_URL names',
  example: 'database move',
  run: async (call) => {
    const settings = serviceSettings(call);
    const targetUrl = settings.databaseUrl?.reveal();
    if (targetUrl === undefined) {
      throw usageFailure('DATABASE_URL has to name the database to move to.');
    }
    const moved = await move(call, settings, targetUrl);
    call.print(moved, (paint) => render(moved, paint));
    return exitCodes.ok;
  },
};

async function move(call: Invocation, settings: Settings, targetUrl: string) {
  const { moveDatabase } = await import('../db/move-database.ts');
  const { SealwrightError } = await import('../kernel/sealwright-error.ts');
  call.say('The registry is being moved; no service may run on its data directory meanwhile.');
  try {
    return await moveDatabase({
      dataDir: settings.dataDir,
      targetUrl,
      maxConnections: settings.databasePool,
      log: (message) => call.say(message),
    });
  } catch (cause) {
    if (!(cause instanceof SealwrightError)) throw cause;
    throw new CommandFailure(cause.detail, {
      exitCode: exitCodes.server,
      code: 'database-not-moved',
      cause,
    });
  }
}

function render({ place, tables, audit, dataDir, markFile }: MovedDatabase, paint: Paint): string {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  return [
    `${paint('green', '✔')} The registry is now in ${printable(place)}: ${tables.length} tables, ${rows} rows.`,
    `  audit  ${audit.records} records, head ${audit.headHash}`,
    'Next:',
    '  1 Start the service with DATABASE_URL set as it is now.',
    `  2 Keep the data directory ${printable(dataDir)}: the master key is there, or given by SEALWRIGHT_MASTER_KEY.`,
    '  3 sealwright audit verify',
    `  The former database is as it was, and no service starts on it: ${printable(markFile)}.`,
    '',
  ].join('\n');
}
