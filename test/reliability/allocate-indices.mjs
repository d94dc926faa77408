#!/usr/bin/env node
/**
 * Two processes with 16 issuers each issue credentials at once: no status index is used twice, no issue
 * fails, and none is answered with a conflict. Then one process alone, for the rate.
 *
 *   node test/reliability/allocate-indices.mjs [--processes 2] [--issuers 16] [--each 500] [--agents 4] [--alone 2000]
 */
import { parseArgs } from 'node:util';
import {
  call,
  createInstallation,
  onboard,
  provenance,
  query,
  report,
  startProcess,
} from './processes.mjs';

const { values } = parseArgs({
  options: {
    processes: { type: 'string', default: '2' },
    issuers: { type: 'string', default: '16' },
    each: { type: 'string', default: '500' },
    agents: { type: 'string', default: '4' },
    alone: { type: 'string', default: '2000' },
  },
});
const [processes, issuers, each, agents, alone] = [
  values.processes,
  values.issuers,
  values.each,
  values.agents,
  values.alone,
].map(Number);

await report(async () => {
  const place = await createInstallation();
  try {
    const services = [];
    for (let number = 0; number < processes; number += 1) {
      services.push(await startProcess(place, `service-${number}`));
    }
    const desks = (
      await Promise.all(
        services.map(({ address }, at) => openDesks(place, { address, name: `p${at}` })),
      )
    ).flat();
    const began = performance.now();
    const answers = (await Promise.all(desks.map((desk) => issueMany(desk, each)))).flat();
    const seconds = (performance.now() - began) / 1_000;
    const failed = answers.filter(({ status }) => status !== 201);
    const used = await query(
      place.postgres.url,
      'SELECT count(*)::int AS all, count(DISTINCT (list_id, index))::int AS apart FROM status_entries',
    );
    const named = answers.flatMap(({ body }) =>
      body?.status === undefined ? [] : [`${body.status.list}/${body.status.index}`],
    );
    const rate = alone > 0 ? await issueAlone(desks) : null;
    const missed = [
      ...(failed.length === 0 ? [] : [`${failed.length} issues failed`]),
      ...(new Set(named).size === named.length ? [] : ['an index was answered twice']),
      ...(used[0].all === used[0].apart ? [] : ['an index was recorded twice']),
    ];
    return {
      ...{ figure: 'R2', processes, issuers, issued: answers.length - failed.length },
      ...{ failed: failed.length, statuses: countBy(failed), indices: used[0].apart },
      ...{ issuedPerSecond: Math.round((answers.length / seconds) * 10) / 10 },
      ...{ issuedPerSecondByOneProcess: rate, missed },
    };
  } finally {
    await place.close();
  }
});

/** One issuer of a process, with agents of its own. */
async function openDesks(place, { address, name }) {
  const { token } = place;
  return Promise.all(
    Array.from({ length: issuers }, async (_, number) => {
      const handles = [];
      for (let agent = 0; agent < agents; agent += 1) {
        handles.push((await onboard(address, token, `${name}-${number}-${agent}`)).handle);
      }
      return { address, token, handles };
    }),
  );
}

async function issueMany({ address, token, handles }, count) {
  const answers = [];
  for (let number = 0; number < count; number += 1) {
    const path = `/agents/${handles[number % handles.length]}/credentials`;
    const issued = await call(address, token, 'POST', path, { body: provenance }).catch(
      (error) => ({ status: 0, body: undefined, error }),
    );
    answers.push(issued);
  }
  return answers;
}

/** The rate of one process while the others are idle. */
async function issueAlone(desks) {
  const own = desks.filter(({ address }) => address === desks[0].address);
  const count = Math.ceil(alone / own.length);
  const began = performance.now();
  await Promise.all(own.map((desk) => issueMany(desk, count)));
  return Math.round(((count * own.length) / (performance.now() - began)) * 10_000) / 10;
}

function countBy(failed) {
  const counts = {};
  for (const { status, body } of failed) {
    const name = `${status} ${body?.code ?? ''}`.trim();
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
