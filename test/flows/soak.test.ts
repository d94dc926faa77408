import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const scripts = resolve(import.meta.dirname, '../../scripts');
const runMs = 170_000;
const never = Number.POSITIVE_INFINITY;

interface Stop {
  readonly from: number;
  readonly until: number;
  readonly toldAt: number;
}

interface Client {
  readonly kind: string;
  readonly clientId: string;
  readonly redirectUris: readonly string[];
  readonly stops: readonly Stop[];
  readonly origin: string;
  readonly didUrl: string;
  readonly urls: readonly string[];
}

interface Call {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly outcome: string;
  readonly reason: string | null;
  readonly granted: readonly string[];
  readonly redirectUris: readonly string[];
  readonly evidence: Readonly<Record<string, string>>;
}

interface Fault {
  readonly url: string;
  readonly kind: string;
  readonly at: number;
}

interface Finding {
  readonly check: string;
  readonly holds: boolean;
  readonly detail: string;
}

interface Sample {
  readonly s: number;
  readonly heapMb: number;
  readonly rssMb: number;
}

interface Tally {
  addCall(client: Client, call: Call): void;
  addFault(fault: Fault): void;
  addStall(stall: { readonly at: number; readonly ms: number }): void;
  addError(error: unknown): void;
  explain(order: { readonly all: boolean }): void;
}

interface Facts {
  readonly tally: Tally;
  readonly options: { readonly faults: number; readonly rate: number };
  readonly memory: object;
  readonly end: {
    readonly connections: number;
    readonly handles: number;
    readonly waitedS: number;
  };
  readonly perSecond: number;
  readonly requests: number;
  readonly stallMs: number;
}

interface Soak {
  readonly holds: boolean;
  readonly findings: readonly Finding[];
  readonly options: object;
  readonly good: { readonly calls: number; readonly accepted: number };
  readonly bound: { readonly tampered: number; readonly stopped: number; readonly told: number };
  readonly faults: Readonly<Record<string, number>>;
  readonly falseAccepts: object;
  readonly unexplained: object;
  readonly errors: object;
  readonly memory: { readonly samples: readonly Sample[] };
}

function runSoak(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const command = [...args.slice(0, 1), resolve(scripts, 'soak.mjs'), ...args.slice(1)];
  return new Promise((done) => {
    execFile(process.execPath, command, { timeout: runMs }, (error, stdout, stderr) => {
      done({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
    });
  });
}

describe('a verifier soaked in faults', () => {
  it('accepts nobody wrongly, answers in time and gives everything back', async () => {
    const order = ['--seconds', '20', '--rate', '200', '--faults', '0.05', '--json'];
    const { code, stdout } = await runSoak('--expose-gc', ...order);
    const soak = JSON.parse(stdout) as Soak;
    const { falseAccepts, unexplained, errors } = soak;
    const none = { total: 0, first: [] };
    expect({ falseAccepts, unexplained, errors }).toEqual({
      falseAccepts: none,
      unexplained: none,
      errors: none,
    });
    expect(soak.findings.filter(({ holds }) => !holds)).toEqual([]);
    expect(soak.findings.map(({ check }) => check)).toEqual([
      'no false accept',
      'no exception',
      'every verdict in time',
      'every refusal of a good client explained',
      'good clients accepted',
      'memory flat',
      'sockets and handles back to none',
      'rate reached',
    ]);
    expect([soak.holds, code]).toEqual([true, 0]);
    // It was a soak: every kind of fault was met, and clients of every kind had to be refused.
    expect(Object.keys(soak.faults).sort()).toEqual([
      'bad-json',
      'forged',
      'reset',
      'server-error',
      'silence',
      'slow-body',
      'truncated-gzip',
    ]);
    expect(soak.bound.tampered).toBeGreaterThan(500);
    expect(soak.bound.stopped).toBeGreaterThan(100);
    expect(soak.bound.told).toBeGreaterThan(20);
    expect(soak.good.accepted).toBeGreaterThan(500);
    expect(soak.memory.samples).toHaveLength(2);
  }, 180_000);

  it.each([
    { args: ['--no-warnings', '--seconds', '20'], complaint: 'node --expose-gc' },
    { args: ['--expose-gc', '--seconds', '5'], complaint: '--seconds' },
    { args: ['--expose-gc', '--seconds', '200000'], complaint: '--seconds' },
    { args: ['--expose-gc', '--rate', 'fast'], complaint: '--rate' },
    { args: ['--expose-gc', '--faults', '5'], complaint: '--faults' },
    { args: ['--expose-gc', '--clients', '10'], complaint: '--clients' },
  ])('is not started with $args, and says $complaint', async ({ args, complaint }) => {
    const { code, stderr } = await runSoak(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(complaint);
  });
});

const origin = 'https://localhost:1';
const client: Client = {
  kind: 'good',
  clientId: `${origin}/a/bot/client.json`,
  redirectUris: [`${origin}/a/bot/callback`],
  stops: [],
  origin,
  didUrl: `${origin}/.well-known/did.json`,
  urls: [`${origin}/a/bot/client.json`, `${origin}/.well-known/did.json`, `${origin}/status/1r`],
};
const call: Call = {
  startedAt: 100_000,
  endedAt: 100_005,
  outcome: 'accepted',
  reason: null,
  granted: ['read:logs'],
  redirectUris: client.redirectUris,
  evidence: {},
};
const limitMs = 30_000;

function stopped(stop: Partial<Stop>): Client {
  return {
    ...client,
    kind: 'revoked-untold',
    stops: [{ from: 0, until: never, toldAt: never, ...stop }],
  };
}

describe('the judge of the soak', async () => {
  const judge = (await import(resolve(scripts, 'soak/judge.mjs'))) as {
    faultOfAcceptance(client: Client, call: Call, limitMs: number): string | undefined;
    FaultLedger: new (
      keptMs: number,
    ) => {
      add(fault: Fault): void;
      addStall(stall: { readonly at: number; readonly ms: number }): void;
      explain(client: Client, call: Call): string | undefined;
    };
  };

  it.each<[string, Client, Partial<Call>, string | undefined]>([
    ['a good client', client, {}, undefined],
    ['tampered papers', { ...client, kind: 'keys-swapped' }, {}, 'tampered'],
    [
      'tampered papers, refused',
      { ...client, kind: 'keys-swapped' },
      { outcome: 'rejected' },
      undefined,
    ],
    ['one stopped long ago', stopped({ from: 69_999 }), {}, 'stopped'],
    ['one stopped as long ago as a list may be old', stopped({ from: 70_000 }), {}, undefined],
    ['one stopped before and told of', stopped({ from: 99_000, toldAt: 100_000 }), {}, 'told'],
    ['one told of after the question', stopped({ from: 99_000, toldAt: 100_001 }), {}, undefined],
    ['one resumed before the answer', stopped({ until: 100_004 }), {}, undefined],
    ['one resumed after the answer', stopped({ until: 100_005 }), {}, 'stopped'],
    [
      'one with more scopes',
      client,
      { granted: ['read:logs', 'write:everything'] },
      'scope-widened',
    ],
    ['one with no scope', client, { granted: [] }, 'scope-widened'],
    ['one with another redirect', client, { redirectUris: [`${origin}/x`] }, 'redirect-changed'],
  ])('says of %s what is wrong with accepting it', (_, about, change, fault) => {
    expect(judge.faultOfAcceptance(about, { ...call, ...change }, limitMs)).toBe(fault);
  });

  const refusal: Call = {
    ...call,
    outcome: 'undetermined',
    reason: 'status-unavailable',
    evidence: { list: `${origin}/status/1r` },
  };

  it.each<[string, Partial<Fault>, string | undefined]>([
    ['the document that is named', {}, 'named'],
    ['another document of the client', { url: client.clientId }, 'own'],
    ['a stall of another read', { url: `${origin}/a/x/client.json`, kind: 'slow-body' }, 'host'],
    ['a broken read of another client', { url: `${origin}/a/x/client.json` }, undefined],
    ['a stall of another host', { url: 'https://localhost:2/', kind: 'silence' }, undefined],
    ['a fault too long ago', { at: 93_999 }, undefined],
    ['a fault only just in time', { at: 94_000 }, 'named'],
    ['a fault after the answer', { at: 100_006 }, undefined],
  ])('explains a refusal by %s as it should', (_, change, by) => {
    const ledger = new judge.FaultLedger(6_000);
    ledger.add({ url: `${origin}/status/1r`, kind: 'reset', at: 99_000, ...change });
    expect(ledger.explain(client, refusal)).toBe(by);
  });

  it.each<[string, Call['evidence'], { at: number; ms: number }, string | undefined]>([
    ['a slow read', { list: 'x', rule: 'fetch-timeout' }, { at: 99_000, ms: 400 }, 'stall'],
    ['a slow document', { url: 'x', cause: 'timeout' }, { at: 99_000, ms: 400 }, 'stall'],
    [
      'a slow read long after',
      { list: 'x', rule: 'fetch-timeout' },
      { at: 93_999, ms: 400 },
      undefined,
    ],
    ['a broken read', { list: 'x', rule: 'fetch-failed' }, { at: 99_000, ms: 800 }, 'stall'],
    ['a broken document', { url: 'x', cause: 'failed' }, { at: 99_000, ms: 800 }, 'stall'],
    [
      'a read that broke after less',
      { url: 'x', cause: 'failed' },
      { at: 99_000, ms: 799 },
      undefined,
    ],
    ['an error of the host', { url: 'x', cause: 'status' }, { at: 99_000, ms: 800 }, undefined],
    ['a bad list', { list: 'x', rule: 'list-format' }, { at: 99_000, ms: 800 }, undefined],
  ])('explains %s by a busy machine, or does not', (_, evidence, stall, by) => {
    const ledger = new judge.FaultLedger(6_000);
    ledger.addStall(stall);
    expect(ledger.explain(client, { ...refusal, evidence })).toBe(by);
  });
});

describe('the memory of a soak', async () => {
  const { judgeMemory } = (await import(resolve(scripts, 'soak/memory.mjs'))) as {
    judgeMemory(samples: readonly Sample[]): { holds: boolean; mbPerHour: number };
  };

  function samplesOf(everyS: number, heapMbAt: (s: number) => number): readonly Sample[] {
    return Array.from({ length: 21 }, (_, at) => at * everyS).map((s) => ({
      s,
      heapMb: heapMbAt(s),
      rssMb: 100,
    }));
  }

  it('is judged by two samples too, however long each half took', () => {
    const two = (heapMb: number) => [
      { s: 10, heapMb: 20, rssMb: 100 },
      { s: 21, heapMb, rssMb: 100 },
    ];
    expect(judgeMemory(two(21.9)).holds).toBe(true);
    expect(judgeMemory(two(22.1)).holds).toBe(false);
  });

  it.each<[string, number, (s: number) => number, boolean]>([
    ['caches that fill first', 1, (s) => Math.min(s, 8), true],
    ['one sample with much under way', 1, (s) => (s === 15 ? 60 : 20), true],
    ['less growth in 20 s than two samples may differ by', 1, (s) => s * 0.19, true],
    ['more growth in 20 s than that, a kilobyte a call', 1, (s) => s * 0.21, false],
    ['a growth of 0.9 MiB an hour over a day', 4_320, (s) => (s / 3_600) * 0.9, true],
    ['a growth of 1.1 MiB an hour over a day', 4_320, (s) => (s / 3_600) * 1.1, false],
  ])('with %s is judged', (_, everyS, heapMbAt, holds) => {
    expect(judgeMemory(samplesOf(everyS, heapMbAt)).holds).toBe(holds);
  });
});

describe('the findings of a soak', async () => {
  const { findingsOf } = (await import(resolve(scripts, 'soak/report.mjs'))) as {
    findingsOf(facts: Facts): readonly Finding[];
  };
  const tallies = (await import(resolve(scripts, 'soak/tally.mjs'))) as {
    Tally: new (order: { limitMs: number; effectMs: number }) => Tally;
  };

  /** Facts of a run in which everything holds, but for what a test adds to the tally. */
  function factsOf(add: (tally: Tally) => void, change: Partial<Facts> = {}): Facts {
    const tally = new tallies.Tally({ limitMs, effectMs: 6_000 });
    const refused = { ...call, outcome: 'rejected', reason: 'status-revoked' };
    for (let calls = 0; calls < 20; calls += 1) tally.addCall(client, call);
    tally.addCall({ ...client, kind: 'keys-swapped' }, refused);
    tally.addCall(stopped({ from: 1 }), refused);
    tally.addCall(stopped({ toldAt: 100_000 }), refused);
    add(tally);
    tally.explain({ all: true });
    return {
      tally,
      options: { faults: 0.05, rate: 200 },
      memory: { holds: true },
      end: { connections: 0, handles: 0, waitedS: 15 },
      perSecond: 200,
      requests: 400,
      stallMs: 20,
      ...change,
    };
  }

  const failing = (facts: Facts) =>
    findingsOf(facts)
      .filter(({ holds }) => !holds)
      .map(({ check }) => check);
  const nothing = () => undefined;
  const undetermined: Call = { ...call, outcome: 'undetermined', reason: 'fetch-failed' };

  it('hold when nothing is wrong', () => {
    expect(failing(factsOf(nothing))).toEqual([]);
  });

  it.each<[string, (tally: Tally) => void, Partial<Facts>]>([
    ['no false accept', (tally) => tally.addCall(stopped({ from: 1 }), call), {}],
    ['no exception', (tally) => tally.addError(new Error('unhandled')), {}],
    ['every verdict in time', (tally) => tally.addCall(client, { ...call, endedAt: 105_521 }), {}],
    [
      'every refusal of a good client explained',
      (tally) => tally.addCall(client, undetermined),
      {},
    ],
    ['memory flat', nothing, { memory: { holds: false } }],
    [
      'sockets and handles back to none',
      nothing,
      { end: { connections: 1, handles: 0, waitedS: 20 } },
    ],
    [
      'sockets and handles back to none',
      nothing,
      { end: { connections: 0, handles: 1, waitedS: 20 } },
    ],
    ['rate reached', nothing, { perSecond: 189 }],
  ])('"%s" fails by itself', (check, add, change) => {
    expect(failing(factsOf(add, change))).toEqual([check]);
  });

  it('"good clients accepted" fails when too few are, although faults explain each', () => {
    const facts = factsOf((tally) => {
      tally.addFault({ url: client.clientId, kind: 'reset', at: 99_000 });
      for (let calls = 0; calls < 21; calls += 1) tally.addCall(client, undetermined);
    });
    expect(failing(facts)).toEqual(['good clients accepted']);
  });

  it('"good clients accepted" does not count what a busy machine made late', () => {
    const late = { ...undetermined, evidence: { url: client.clientId, cause: 'timeout' } };
    const facts = factsOf((tally) => {
      tally.addStall({ at: 99_000, ms: 500 });
      for (let calls = 0; calls < 100; calls += 1) tally.addCall(client, late);
    });
    expect(failing(facts)).toEqual([]);
  });

  it('"no false accept" fails when nobody had to be refused', () => {
    const tally = new tallies.Tally({ limitMs, effectMs: 6_000 });
    tally.addCall(client, call);
    expect(failing({ ...factsOf(nothing), tally })).toEqual(['no false accept']);
  });
});
