import { readSettings, type Settings } from '../config/settings.ts';
import type { Invocation } from './command.ts';
import { usageFailure } from './failure.ts';

/** The settings that a service would run with here; a usage failure with all that is wrong with them. */
export function serviceSettings(call: Invocation): Settings {
  const parsed = readSettings(call.terminal.env);
  if (parsed.ok) return parsed.value;
  const places = parsed.faults.map(({ pointer, detail }) => `${pointer} ${detail}`);
  throw usageFailure('The configuration is not usable.', places);
}
