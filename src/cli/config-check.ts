import { parseDatabaseUrl, placeOf } from '../config/database-url.ts';
import { readSettings, type Settings } from '../config/settings.ts';
import type { Command } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { type Paint, printable } from './paint.ts';

/** One thing that is wrong with the configuration; a warning does not keep the service from it. */
interface ConfigFault {
  readonly variable: string;
  readonly code: string;
  readonly detail: string;
  /** What mends it, where the detail does not say so already. */
  readonly fix: string | null;
}

interface Examined {
  readonly faults: readonly ConfigFault[];
  readonly warnings: readonly ConfigFault[];
  /** Database, host and port that DATABASE_URL names and that was asked; null when none was. */
  readonly database: string | null;
}

/** Reads the environment and asks the database it names; exit code 0 when all is usable, else 2. */
export const configCheck: Command = {
  words: 'config check',
  summary:
    'say whether the service would take the configuration and its database, with every fault at once',
  example: 'config check',
  run: async (call) => {
    const examined = await examine(call.terminal.env);
    const ok = examined.faults.length === 0;
    call.print({ ok, ...examined }, (paint) => render(examined, paint));
    return ok ? exitCodes.ok : exitCodes.usage;
  },
};

async function examine(env: Parameters<typeof readSettings>[0]): Promise<Examined> {
  const parsed = readSettings(env);
  if (parsed.ok) return examineDatabaseOf(parsed.value);
  const faults = parsed.faults.map(({ pointer, rule, detail }) => ({
    variable: pointer,
    code: rule,
    detail,
    fix: null,
  }));
  return { faults, warnings: [], database: null };
}

/** The embedded database is not started: there is nothing to configure about it. */
async function examineDatabaseOf(settings: Settings): Promise<Examined> {
  const url = settings.databaseUrl?.reveal();
  if (url === undefined) return { faults: [], warnings: [], database: null };
  const { examineDatabase } = await import('../db/examine-database.ts');
  const found = await examineDatabase(url, {
    role: settings.role,
    maxConnections: settings.databasePool,
  });
  const listed = (stopping: boolean): readonly ConfigFault[] =>
    found
      .filter(({ stops }) => stops === stopping)
      .map(({ code, detail, fix }) => ({ variable: 'DATABASE_URL', code, detail, fix }));
  return { faults: listed(true), warnings: listed(false), database: placeOfUrl(url) };
}

function placeOfUrl(url: string): string | null {
  const parsed = parseDatabaseUrl(url);
  return parsed.ok ? placeOf(parsed.value) : null;
}

function render({ faults, warnings, database }: Examined, paint: Paint): string {
  const asked = database === null ? '' : ` The database is ${printable(database)}.`;
  const head = `${paint('green', '✔')} The configuration is usable.${asked}\n`;
  return [
    ...(faults.length === 0 ? [head] : faults.map((fault) => line(fault, paint('red', '✖')))),
    ...warnings.map((fault) => line(fault, paint('yellow', '!'))),
  ].join('');
}

function line({ variable, code, detail, fix }: ConfigFault, mark: string): string {
  if (fix === null) return `${mark} ${printable(`${variable} ${detail}`)}\n`;
  return `${mark} ${printable(`${variable}: ${detail} (${code})`)}\n  fix  ${printable(fix)}\n`;
}
