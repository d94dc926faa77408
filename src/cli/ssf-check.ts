import { readSidecarSettings } from '../config/settings.ts';
import { parseBaseUrl } from '../protocol/base-url.ts';
import type { TransmitterCheck } from './check-transmitter.ts';
import type { Command } from './command.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { guardFetch, refusedAsUsage } from './guard-fetch.ts';
import { type Paint, printable } from './paint.ts';
import { usable } from './usable.ts';

const withinMs = 20_000;
const exits: Readonly<Record<TransmitterCheck['outcome'], ExitCode>> = {
  fine: exitCodes.ok,
  unusable: exitCodes.rejected,
  unproved: exitCodes.undetermined,
};

/** Needs no service of ours: any transmitter by the name of an organization. */
export const ssfCheck: Command = {
  words: 'ssf check',
  summary: 'try a transmitter of security events as the sidecar would use it',
  example: 'ssf check https://id.acme.com',
  arguments: [
    { form: '<base-url>', help: 'the name of the transmitter: an organization’s base URL' },
  ],
  options: [{ form: '--allow-loopback', help: 'read http://localhost too; for development only' }],
  run: async (call) => {
    const transmitter = usable(parseBaseUrl(call.argument(0)), 'The name of the transmitter');
    const settings = usable(readSidecarSettings(call.terminal.env), 'The configuration');
    const allowLoopback = call.flag('allowLoopback');
    const fetch = await guardFetch(allowLoopback);
    const [{ checkTransmitter }, { guardedPost }] = await Promise.all([
      import('./check-transmitter.ts'),
      import('../verifier/node/index.ts'),
    ]);
    const post = refusedAsUsage(() => guardedPost({ allowLoopback }));
    const token = settings.eventsToken?.reveal();
    if (token === undefined) call.say('Without SEALWRIGHT_EVENTS_TOKEN no stream is tried.');
    const check = await checkTransmitter({ transmitter, fetch, call: post, token, withinMs });
    call.print(check, (paint) => render(check, paint));
    return exits[check.outcome];
  },
};

function render(check: TransmitterCheck, paint: Paint): string {
  const { outcome, fault, configuration, keys, provedAfterMs } = check;
  const words: Readonly<Record<TransmitterCheck['outcome'], string>> = {
    fine: paint('green', '✔ FINE'),
    unusable: paint('red', `✖ UNUSABLE: ${fault}`),
    unproved: paint('yellow', `? UNPROVED: ${fault}`),
  };
  const known = configuration === null ? [] : Object.entries(configuration);
  const proof =
    provedAfterMs === null ? 'not tried or not proved' : `proved in ${provedAfterMs} ms`;
  const lines = [
    `${words[outcome]}  ${check.transmitter}`,
    ...known.map(([name, value]) => `  ${name.padEnd(22)} ${printable(String(value ?? '-'))}`),
    ...keys.map(({ kid, algorithm }) => `  ${'key'.padEnd(22)} ${printable(kid)} (${algorithm})`),
    `  ${'stream'.padEnd(22)} ${proof}`,
  ];
  return `${lines.join('\n')}\n`;
}
