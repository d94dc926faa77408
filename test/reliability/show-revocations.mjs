#!/usr/bin/env node
/**
 * How soon a revocation is visible: random credentials are revoked at one process while verifiers poll
 * the list at that process and at another one. Measured from the answer of the call to the first list
 * that shows it, at each of them; no list may ever be older than one that was seen before.
 *
 *   node test/reliability/show-revocations.mjs [--revocations 1000] [--verifiers 20] [--pauseMs 40]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import {
  call,
  createInstallation,
  createReader,
  onboard,
  percentile,
  provenance,
  report,
  startProcess,
} from './processes.mjs';

const limitsMs = { same: 250, other: 1_000 };
const agents = 16;
const { values } = parseArgs({
  options: {
    revocations: { type: 'string', default: '1000' },
    verifiers: { type: 'string', default: '20' },
    pauseMs: { type: 'string', default: '40' },
  },
});
const [revocations, verifiers, pauseMs] = [
  values.revocations,
  values.verifiers,
  values.pauseMs,
].map(Number);

await report(async () => {
  const place = await createInstallation();
  const reader = createReader();
  try {
    const same = await startProcess(place, 'same', { port: place.publicPort });
    const other = await startProcess(place, 'other');
    const credentials = await issueAll(same.address, place.token);
    const watches = [
      watchList(reader, { name: 'same', address: same.address }),
      watchList(reader, { name: 'other', address: other.address }),
    ];
    for (const watch of watches) await watch.look();
    const polling = watches.flatMap((watch) =>
      Array.from({ length: verifiers / watches.length }, () => watch.poll()),
    );
    await revokeAll({ place, address: same.address, credentials, watches });
    for (const watch of watches) watch.stop();
    await Promise.all(polling);
    const figures = Object.fromEntries(
      watches.map(({ name, delays }) => [
        name,
        { p50Ms: percentile(delays, 0.5), p99Ms: percentile(delays, 0.99), shown: delays.length },
      ]),
    );
    const older = watches.reduce((sum, watch) => sum + watch.older(), 0);
    const missed = [
      ...watches.flatMap(({ name }) => [
        ...(figures[name].shown === revocations ? [] : [`${name}: not all were shown`]),
        ...(figures[name].p99Ms <= limitsMs[name]
          ? []
          : [`${name}: p99 ${figures[name].p99Ms} ms`]),
      ]),
      ...(older === 0 ? [] : [`${older} lists were older than one before`]),
    ];
    const looks = watches.reduce((sum, watch) => sum + watch.looks(), 0);
    return { figure: 'R3', revocations, verifiers, looks, older, ...figures, missed };
  } finally {
    reader.close();
    await place.close();
  }
});

async function issueAll(address, token) {
  const handles = await Promise.all(
    Array.from({ length: agents }, (_, number) => onboard(address, token, `bot-${number}`)),
  );
  const each = Math.ceil(revocations / agents);
  const issued = await Promise.all(
    handles.map(async ({ handle }) => {
      const own = [];
      for (let number = 0; number < each; number += 1) {
        const path = `/agents/${handle}/credentials`;
        const { status, body } = await call(address, token, 'POST', path, { body: provenance });
        if (status !== 201) throw new Error(`issuing failed: ${JSON.stringify(body)}`);
        own.push(body);
      }
      return own;
    }),
  );
  return issued
    .flat()
    .toSorted(() => Math.random() - 0.5)
    .slice(0, revocations);
}

/** The lists of one process as its verifiers see them: when the first one showed each index. */
function watchList(reader, { name, address }) {
  const state = { running: true, looks: 0, older: 0, newest: 0, bits: null };
  const waiting = new Map();
  const known = new Map();
  const delays = [];
  const look = async () => {
    const { status, body, etag, error } = await reader.read(address, '/status/1r');
    state.looks += 1;
    if (status !== 200) throw error ?? new Error(`${name}: the list answered ${status}`);
    if (!known.has(etag)) known.set(etag, readList(body));
    const { moment, bits } = known.get(etag);
    if (moment <= state.newest) return moment;
    Object.assign(state, { newest: moment, bits });
    for (const [index, since] of waiting) {
      if (!isSet(bits, index)) continue;
      delays.push(performance.now() - since);
      waiting.delete(index);
    }
    return moment;
  };
  return {
    name,
    delays,
    look,
    poll: async () => {
      let newest = 0;
      while (state.running) {
        const moment = await look();
        if (moment < newest) state.older += 1;
        newest = moment;
        await sleep(pauseMs);
      }
    },
    await: (index) => {
      if (isSet(state.bits, index)) delays.push(0);
      else waiting.set(index, performance.now());
    },
    left: () => waiting.size,
    older: () => state.older,
    looks: () => state.looks,
    stop: () => {
      state.running = false;
    },
  };
}

function readList(body) {
  const claims = JSON.parse(Buffer.from(body.toString().split('.')[1], 'base64url').toString());
  const encoded = claims.credentialSubject.encodedList.slice(1);
  return {
    moment: Date.parse(claims.validFrom),
    bits: gunzipSync(Buffer.from(encoded, 'base64url')),
  };
}

function isSet(bits, index) {
  return (bits[index >> 3] & (0x80 >> (index & 7))) !== 0;
}

async function revokeAll({ place, address, credentials, watches }) {
  for (const { id, status } of credentials) {
    const revoked = await call(address, place.token, 'POST', `/credentials/${id}/revoke`, {
      body: { reason: 'reliability' },
    });
    if (revoked.status !== 200) throw new Error(`revoking failed: ${JSON.stringify(revoked)}`);
    for (const watch of watches) watch.await(status.index);
    await sleep(Math.random() * pauseMs);
  }
  const until = performance.now() + 5_000;
  while (performance.now() < until && watches.some((watch) => watch.left() > 0)) await sleep(10);
}
