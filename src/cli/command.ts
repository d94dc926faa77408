import type { ClientSettings } from '../config/settings.ts';
import { readClientSettings } from '../config/settings.ts';
import type { JsonValue } from '../protocol/strict-json.ts';
import { ApiClient } from './api-client.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { usageFailure } from './failure.ts';
import { createPaint, type Paint, printableJson } from './paint.ts';
import type { Terminal } from './terminal.ts';

/** An option, or an argument: how it is written, and what it means. */
export interface Parameter {
  /** As commander writes it: `--reason <text>`, `--json`, `<handle>`. */
  readonly form: string;
  readonly help: string;
  readonly required?: true;
  /** May be given several times; the values come as a list. */
  readonly repeated?: true;
  readonly choices?: readonly string[];
}

/** A command as data. `run` gives the exit code; a `CommandFailure` gives its own. */
export interface Command {
  /** What is typed, such as `agent suspend`. */
  readonly words: string;
  readonly summary: string;
  readonly example: string;
  readonly arguments?: readonly Parameter[];
  readonly options?: readonly Parameter[];
  readonly run: (call: Invocation) => Promise<ExitCode>;
}

/** What was typed, and the ways a command answers. */
export class Invocation {
  readonly terminal: Terminal;
  readonly #arguments: readonly string[];
  readonly #options: Readonly<Record<string, unknown>>;

  constructor(
    terminal: Terminal,
    typed: {
      readonly arguments: readonly string[];
      readonly options: Readonly<Record<string, unknown>>;
    },
  ) {
    this.terminal = terminal;
    this.#arguments = typed.arguments;
    this.#options = typed.options;
  }

  argument(at: number): string {
    return this.#arguments[at] ?? '';
  }

  /** The value of an option by its name in camelCase; undefined when it was not given. */
  text(name: string): string | undefined {
    const value = this.#options[name];
    return typeof value === 'string' ? value : undefined;
  }

  /** The values of a repeated option; undefined when it was not given. */
  list(name: string): readonly string[] | undefined {
    const value = this.#options[name];
    return Array.isArray(value) ? value.map(String) : undefined;
  }

  flag(name: string): boolean {
    return this.#options[name] === true;
  }

  /** Whether an option such as `--no-input` was given, by the name that follows `no`. */
  refused(name: string): boolean {
    return this.#options[name] === false;
  }

  get json(): boolean {
    return this.flag('json');
  }

  /** A client of the service that SEALWRIGHT_SERVER or `--server` names. */
  api(): ApiClient {
    return new ApiClient(this.#clientSettings());
  }

  /** The same without a token, for calls that none opens: it is not sent where it is not needed. */
  openApi(): ApiClient {
    return new ApiClient({ ...this.#clientSettings(), token: undefined });
  }

  #clientSettings(): ClientSettings {
    const server = this.text('server');
    const env = server === undefined ? {} : { SEALWRIGHT_SERVER: server };
    return clientSettings({ ...this.terminal.env, ...env });
  }

  /** Prints data on standard output: as JSON with `--json`, otherwise for people. */
  print(data: JsonValue | object, render: (paint: Paint) => string): ExitCode {
    const { out, colour } = this.terminal;
    out(this.json ? `${printableJson(data)}\n` : render(createPaint(colour.out)));
    return exitCodes.ok;
  }

  /** Says something to the person at the terminal; programs that read the data never see it. */
  say(line: string): void {
    this.terminal.err(`${line}\n`);
  }
}

function clientSettings(env: Terminal['env']): ClientSettings {
  const parsed = readClientSettings(env);
  if (parsed.ok) return parsed.value;
  const places = parsed.faults.map(({ pointer, detail }) => `${pointer} ${detail}`);
  throw usageFailure('The configuration is not usable.', places);
}
