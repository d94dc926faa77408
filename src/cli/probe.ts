import type { ProbeReport } from '../probe/probe-client.ts';
import type { Command } from './command.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { usageFailure } from './failure.ts';
import { guardFetch } from './guard-fetch.ts';
import { refuseUrl } from './linted.ts';
import { renderProbe, renderProbeJunit } from './render-probe.ts';

const exits: Readonly<Record<ProbeReport['outcome'], ExitCode>> = {
  fine: exitCodes.ok,
  errors: exitCodes.rejected,
  unreachable: exitCodes.undetermined,
};

/** Needs no service: it looks from where it runs, at anybody's document. */
export const probe: Command = {
  words: 'probe',
  summary: 'read a client as servers do over the network, and say what stands in their way',
  example: 'probe https://id.acme.com/a/billing-bot/client.json',
  arguments: [{ form: '<client_id>', help: 'the URL of a client metadata document' }],
  options: [
    { form: '--junit', help: 'print JUnit XML' },
    { form: '--allow-loopback', help: 'read http://localhost too; for development only' },
  ],
  run: async (call) => {
    if (call.json && call.flag('junit')) throw usageFailure('Choose one of --json and --junit.');
    const clientId = call.argument(0);
    const allowLoopback = call.flag('allowLoopback');
    refuseUrl(clientId, allowLoopback);
    // Whatever the environment forbids the guarded fetch is forbidden here.
    await guardFetch(allowLoopback);
    if (!call.json) call.say('Some ten requests for each document; this takes a few seconds.');
    const { probeClient } = await import('../probe/probe-client.ts');
    const report = await probeClient(clientId, { allowLoopback });
    if (call.flag('junit')) call.terminal.out(renderProbeJunit(report));
    else call.print(report, (paint) => renderProbe(report, paint));
    return exits[report.outcome];
  },
};
