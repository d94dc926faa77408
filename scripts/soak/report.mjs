const deadlineMs = 5_000;
/** What may be added to the verifier's own deadline, beside a time in which the process did not run. */
const slackMs = 500;
const leastRateShare = 0.95;
/** Documents behind a verdict: metadata, DID document, key set, two status lists. */
const readsPerVerdict = 5;

/** What has to be true of a run, and whether it was. */
export function findingsOf(facts) {
  const { tally, options, memory, end, perSecond } = facts;
  const { falseAccepts, unexplained, errors, bound, good, outcomes } = tally;
  const explained = good.rejected + good.undetermined - unexplained.total;
  // A read that stalls is waited for by everybody who needs it, so its fault counts more than once.
  const mostRefused = 2 * readsPerVerdict * options.faults;
  // What a busy machine made late says nothing about the verifier.
  const judged = good.calls - tally.explained.stall;
  const refusedShare = 1 - good.accepted / judged;
  const maxMs = tally.latency(1);
  const boundMs = deadlineMs + slackMs + facts.stallMs;
  const idle = Object.values(bound).filter((calls) => calls === 0).length;
  return [
    finding('no false accept', falseAccepts.total === 0 && idle === 0, () =>
      [
        `${falseAccepts.total} among ${bound.tampered} calls about tampered papers,`,
        `${bound.stopped} about clients stopped for longer than the freshness limit,`,
        `${bound.told} about clients of whose revocation the verifier was told`,
      ].join(' '),
    ),
    finding('no exception', errors.total === 0, () => `${errors.total}`),
    finding('every verdict in time', maxMs <= boundMs, () =>
      [
        `p50 ${tally.latency(0.5)}, p99 ${tally.latency(0.99)}, longest ${maxMs} ms; bound ${boundMs},`,
        `of which this process was stalled for ${facts.stallMs}`,
      ].join(' '),
    ),
    finding('every refusal of a good client explained', unexplained.total === 0, () =>
      [
        `${unexplained.total} not; ${explained} explained`,
        `(${tally.explained.named} by the document named, ${tally.explained.own} by another of the`,
        `client's, ${tally.explained.host} by a stall of its host, ${tally.explained.stall} by a`,
        'machine too busy for either process)',
      ].join(' '),
    ),
    finding('good clients accepted', refusedShare <= mostRefused, () =>
      [
        `all but ${percent(refusedShare)} of ${judged} calls`,
        `(at most ${percent(mostRefused)} at this share of faults)`,
      ].join(' '),
    ),
    finding('memory flat', memory.holds, () =>
      [
        `${memory.mbPerHour} MiB/h in the second half, bound ${memory.boundMbPerHour}`,
        `(${memory.grownMb} MiB in all; resident ${memory.rssMbPerHour} MiB/h)`,
      ].join(' '),
    ),
    finding('sockets and handles back to none', end.connections === 0 && end.handles === 0, () =>
      [
        `${end.connections} connections, ${end.handles} handles more than at the start,`,
        `${end.waitedS} s after the last verdict`,
      ].join(' '),
    ),
    finding('rate reached', perSecond >= leastRateShare * options.rate, () => {
      const { accepted, rejected, undetermined } = outcomes;
      const calls = accepted + rejected + undetermined;
      return `${perSecond}/s of ${options.rate}/s, ${calls} calls, ${facts.requests} requests`;
    }),
  ];
}

function finding(check, holds, detail) {
  return { check, holds, detail: detail() };
}

/** The result as lines for people. */
export function tableOf({ options, outcomes, faults, findings }) {
  const counts = (record) =>
    Object.entries(record)
      .map(([name, number]) => `${number} ${name}`)
      .join(', ');
  return [
    `${options.seconds} s, ${options.rate} calls/s about ${options.clients} clients of ` +
      `${options.hosts} issuers, faults ${percent(options.faults)}, clock x${options.pace}`,
    `verdicts: ${counts(outcomes)}`,
    `faults: ${counts(faults)}`,
    ...findings.map(
      ({ check, holds, detail }) => `${holds ? 'holds' : 'FAILS'}  ${check}: ${detail}`,
    ),
  ].join('\n');
}

function percent(share) {
  return `${Math.round(share * 1_000) / 10} %`;
}
