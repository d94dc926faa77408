#!/usr/bin/env node
/**
 * How soon a revocation is visible: random credentials are revoked at one process while verifiers poll
 * the list at that process and at another one, and a sidecar follows the events of the first. Measured
 * from the answer of the call to the first list that shows it, at each of them, and from the sending of
 * the call to the first verdict of the sidecar that does not accept the credential; no list may ever be
 * older than one that was seen before.
 *
 *   node test/reliability/show-revocations.mjs [--revocations 1000] [--verifiers 20] [--pauseMs 40]
 *     [--maxSameMs 250] [--maxOtherMs 1000] [--maxSidecarMs 1000]
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
import { startSidecar } from './sidecar.mjs';

/** Beyond the 30 s for which a sidecar that is told nothing holds a list. */
const patienceMs = 60_000;
const agents = 16;
const { values } = parseArgs({
  options: {
    revocations: { type: 'string', default: '1000' },
    verifiers: { type: 'string', default: '20' },
    pauseMs: { type: 'string', default: '40' },
    maxSameMs: { type: 'string', default: '250' },
    maxOtherMs: { type: 'string', default: '1000' },
    maxSidecarMs: { type: 'string', default: '1000' },
  },
});
const [revocations, verifiers, pauseMs] = [
  values.revocations,
  values.verifiers,
  values.pauseMs,
].map(Number);
const limitsMs = {
  same: Number(values.maxSameMs),
  other: Number(values.maxOtherMs),
  sidecar: Number(values.maxSidecarMs),
};

await report(async () => {
  const place = await createInstallation();
  const reader = createReader();
  let sidecar;
  try {
    const same = await startProcess(place, 'same', { port: place.publicPort });
    const other = await startProcess(place, 'other');
    const credentials = await issueAll(same.address, place.token);
    sidecar = await followEvents(place, same.address);
    const watches = [
      watchList(reader, { name: 'same', address: same.address }),
      watchList(reader, { name: 'other', address: other.address }),
    ];
    for (const watch of watches) await watch.look();
    const polling = watches.flatMap((watch) =>
      Array.from({ length: verifiers / watches.length }, () => watch.poll()),
    );
    const address = same.address;
    const felt = await revokeAll({ place, address, credentials, watches, sidecar });
    for (const watch of watches) watch.stop();
    await Promise.all(polling);
    const measured = [...watches, { name: 'sidecar', delays: felt }];
    const figures = Object.fromEntries(
      measured.map(({ name, delays }) => [name, figuresOf(delays)]),
    );
    const older = watches.reduce((sum, watch) => sum + watch.older(), 0);
    const missed = [
      ...measured.flatMap(({ name }) => [
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
    await sidecar?.close();
    reader.close();
    await place.close();
  }
});

function figuresOf(delays) {
  return {
    p50Ms: percentile(delays, 0.5),
    p99Ms: percentile(delays, 0.99),
    maxMs: percentile(delays, 1),
    shown: delays.length,
  };
}

/** A sidecar with default settings that polls the events of a process. */
async function followEvents({ folder, url, token }, address) {
  const { body: organization } = await call(address, token, 'GET', '/organization');
  const made = await call(address, token, 'POST', '/tokens', {
    body: { name: 'sidecar', scopes: ['verify'] },
  });
  if (made.status !== 201) throw new Error(`no token: ${JSON.stringify(made)}`);
  const credentialTypes = ['AgentAuthorizationCredential', 'AgentProvenanceCredential'];
  const trust = [{ issuer: organization.did, clientIds: [`${url}/a/`], credentialTypes }];
  const policy = { mode: 'enforce', trust };
  return startSidecar({ folder, policy, transmitter: url, eventsToken: made.body.token });
}

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

/** Gives the milliseconds after which the sidecar knew, of those that it came to know. */
async function revokeAll({ place, address, credentials, watches, sidecar }) {
  const felt = [];
  for (const { id, jwt, status } of credentials) {
    const outcome = await sidecar.ask({ jwt });
    if (outcome !== 'accepted') throw new Error(`a credential in force is ${outcome}`);
    const sentAt = performance.now();
    const revoking = call(address, place.token, 'POST', `/credentials/${id}/revoke`, {
      body: { reason: 'reliability' },
    });
    const [revoked, ms] = await Promise.all([
      revoking.then((answer) => {
        for (const watch of watches) watch.await(status.index);
        return answer;
      }),
      untilFelt(sidecar, jwt, sentAt),
    ]);
    if (revoked.status !== 200) throw new Error(`revoking failed: ${JSON.stringify(revoked)}`);
    if (ms !== null) felt.push(ms);
    await sleep(Math.random() * pauseMs);
  }
  const until = performance.now() + patienceMs;
  while (performance.now() < until && watches.some((watch) => watch.left() > 0)) await sleep(10);
  return felt;
}

async function untilFelt(sidecar, jwt, since) {
  while ((await sidecar.ask({ jwt })) === 'accepted') {
    if (performance.now() - since > patienceMs) return null;
    await sleep(10);
  }
  return performance.now() - since;
}
