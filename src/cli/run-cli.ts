import { Command as Commander, CommanderError, Option } from 'commander';
import { type Command, Invocation, type Parameter } from './command.ts';
import { commands } from './commands.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { CommandFailure, usageFailure } from './failure.ts';
import { createPaint, printable } from './paint.ts';
import { readRelease } from './release.ts';
import type { Terminal } from './terminal.ts';

const groups: Readonly<Record<string, string>> = {
  agent: 'onboard agents and MCP servers, and change their state',
  audit: 'prove what happened',
  config: 'look at the configuration',
  credential: 'issue credentials, and take them back',
  database: 'look after the database of the registry',
  enrolment: 'invite agents that bring their own key, and decide about those that came',
  issuer: 'whose credentials about agents may be imported',
  'issuer-key': "the organization's signing keys",
  key: 'new keys for agents, and what to do when one leaks',
  organization: 'several issuers in one installation',
  owner: 'mailboxes whose person left',
  rule: 'what agents must have',
  schema: 'credential types of your own',
  stream: 'streams of security events, for receivers of the Shared Signals Framework',
  template: 'how kinds of agents are onboarded',
  token: 'tokens for the API',
  verifier: 'the verifier as a sidecar for authorization servers',
  webhook: 'who is told what happens',
  ssf: 'security events, by which verifiers are told of changes',
  'workload-rule': 'which workloads get tokens without a secret',
};

/** Runs one command line, without the program's name, and gives its exit code. Never throws. */
export async function runCli(words: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.ok;
  const json = words.includes('--json');
  const run: RunCommand = async (command, call) => {
    exitCode = await command.run(call);
  };
  // With --json commander's own words about a wrong command line give way to data.
  const program = createProgram({ terminal, run, say: json ? () => undefined : terminal.err });
  try {
    await program.parseAsync(words, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) return reportFailure(error, { terminal, json });
    if (error.exitCode === 0) return exitCodes.ok;
    return json ? reportFailure(misuse(error), { terminal, json }) : exitCodes.usage;
  }
}

/** What commander says of a command line, as a failure. */
function misuse({ code, message }: CommanderError): CommandFailure {
  if (code === 'commander.help') return usageFailure('The command is not complete.');
  const [first = '', ...hints] = message.replace(/^error: /, '').split('\n');
  return usageFailure(`The command line is wrong: ${first.replace(/\.$/, '')}.`, hints);
}

type RunCommand = (command: Command, call: Invocation) => Promise<void>;

function createProgram({
  terminal,
  run,
  say,
}: {
  readonly terminal: Terminal;
  readonly run: RunCommand;
  readonly say: (text: string) => void;
}): Commander {
  const program = new Commander('sealwright')
    .description('Identity papers for AI agents: issue, publish, verify, revoke.')
    .version(readRelease())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text),
      writeErr: say,
      getOutHasColors: () => terminal.colour.out,
      getErrHasColors: () => terminal.colour.err,
    })
    .showSuggestionAfterError()
    .showHelpAfterError('(add --help for the options and an example)');
  for (const command of commands) addCommand(program, command, { terminal, run });
  return program;
}

function addCommand(
  program: Commander,
  command: Command,
  order: { readonly terminal: Terminal; readonly run: RunCommand },
): void {
  const [group = '', name] = command.words.split(' ');
  const parent = name === undefined ? program : groupOf(program, group);
  const added = parent.command(name ?? group).description(command.summary);
  for (const { form, help } of command.arguments ?? []) added.argument(form, help);
  for (const option of command.options ?? []) added.addOption(optionOf(option));
  added
    .option('--json', 'print data, and failures, as JSON')
    .option('--no-input', 'never ask: fail where an answer is needed')
    .addHelpText('after', `\nExample:\n  $ sealwright ${command.example}`)
    .action(async () => {
      const typed = { arguments: added.args, options: added.opts<Record<string, unknown>>() };
      await order.run(command, new Invocation(order.terminal, typed));
    });
}

function groupOf(program: Commander, name: string): Commander {
  const found = program.commands.find((command) => command.name() === name);
  return found ?? program.command(name).description(groups[name] ?? '');
}

function optionOf({ form, help, required, repeated, choices }: Parameter): Option {
  const option = new Option(form, repeated === true ? `${help}; may be repeated` : help);
  if (choices !== undefined) option.choices(choices);
  if (required === true) option.makeOptionMandatory();
  if (repeated === true) {
    option.argParser((value: string, earlier: readonly string[] | undefined) => [
      ...(earlier ?? []),
      value,
    ]);
  }
  return option;
}

/** Tells why on standard error: for people in lines, with `--json` as one JSON line. */
function reportFailure(
  error: unknown,
  { terminal, json }: { readonly terminal: Terminal; readonly json: boolean },
): ExitCode {
  const failure = error instanceof CommandFailure ? error : unexpected(error);
  const { code, message, fix, places, exitCode } = failure;
  if (json) {
    const line = { error: { code, message, fix, places, exitCode } };
    terminal.err(`${JSON.stringify(line)}\n`);
    return exitCode;
  }
  const paint = createPaint(terminal.colour.err);
  terminal.err(`${paint('red', '✖')} ${printable(message)} (${printable(code)})\n`);
  for (const place of places) terminal.err(`  at   ${printable(place)}\n`);
  if (fix !== null) terminal.err(`  fix  ${printable(fix)}\n`);
  return exitCode;
}

function unexpected(error: unknown): CommandFailure {
  const message = error instanceof Error ? error.message : String(error);
  return new CommandFailure(message, {
    exitCode: exitCodes.server,
    code: 'internal-error',
    fix: 'Report this: the command failed in a way that it does not know.',
    cause: error,
  });
}
