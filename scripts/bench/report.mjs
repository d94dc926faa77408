import { median } from './measure.mjs';

const decoded = [
  '131072 entries, 20 set',
  '131072 entries, 1311 set',
  '1048576 entries, 10486 set',
].map((list) => ({
  aim: `decoding a status list of ${list}, against @digitalbazaar/vc-bitstring-status-list`,
  part: 'decoding',
  ours: `${list}: verifier`,
  peer: `${list}: @digitalbazaar`,
  atLeast: 1,
}));

const questions = [
  'a shared resource, now',
  'a shared resource, a month ago',
  'one agent’s own, now',
  'nobody’s, now',
];

/** What we aim at: one figure against another of the same run, or against a number of its unit. */
const aims = [
  {
    aim: 'issuing, durable, one by one, against stock Veramo saving one by one',
    part: 'issuing',
    ours: 'use case, one by one',
    peer: 'stock Veramo to SQLite, one by one',
    atLeast: 1.5,
  },
  {
    aim: 'issuing, durable, 16 in parallel, against stock Veramo in memory, 16 in parallel',
    part: 'issuing',
    ours: 'use case, 16 in parallel',
    peer: 'stock Veramo in memory, 16 in parallel',
    atLeast: 2,
  },
  {
    aim: 'onboarding agents with their credentials, 300 in one call, against one by one',
    part: 'onboarding',
    ours: 'apply, all in one call',
    peer: 'one by one, a call each',
    atLeast: 5,
  },
  {
    aim: 'a warm verdict against one verification by stock Veramo',
    part: 'verifying',
    ours: 'verifyClient, warm',
    peer: 'stock Veramo, verifyCredential',
    atLeast: 20,
  },
  {
    aim: 'a warm verdict against one bare jose verification',
    part: 'verifying',
    ours: 'verifyClient, warm',
    peer: 'bare jose verification',
    atLeast: 1,
  },
  {
    aim: 'the CPU of a cold verdict against its three signature checks, each with its key import',
    part: 'embedding',
    ours: 'CPU of a cold verdict',
    peer: 'CPU of its three signature checks, bare jose',
    atMost: 1.3,
  },
  {
    aim: 'the resident memory of a process that gave warm and cold verdicts',
    part: 'embedding',
    ours: 'memory after warm and cold verdicts',
    atMost: 120,
  },
  {
    aim: 'the CPU of a client lookup in node-oidc-provider, against taking any document',
    part: 'lookup',
    ours: 'client lookup, agents by their papers',
    peer: 'client lookup, any document',
    atMost: 1.1,
  },
  {
    aim: 'the CPU of a token request to node-oidc-provider, against taking any document',
    part: 'lookup',
    ours: 'token request, agents by their papers',
    peer: 'token request, any document',
    atMost: 1.1,
  },
  ...decoded,
  {
    aim: 'public GETs against bare node:http with the same octets',
    part: 'serving',
    ours: 'public document',
    peer: 'bare node:http',
    atLeast: 0.8,
  },
  ...['POST /api/v1/verify', 'POST /hooks/keycloak'].map((call) => ({
    aim: `the sidecar at 500 requests a second, warm: ${call}, 99 of 100 answers`,
    part: 'sidecar',
    ours: `${call}: p99`,
    atMost: 5,
  })),
  ...['one revocation, until published', 'publishing a list'].map((work) => ({
    aim: `${work}: among 1,000,000 credentials, against 1,000`,
    part: 'status-at-size',
    ours: `${work}: large registry`,
    peer: `${work}: small registry`,
    atMost: 1.5,
  })),
  {
    aim: 'revoking 100,000 credentials in one call, until the lists show it',
    part: 'status-at-size',
    ours: 'bulk revocation, until published',
    atMost: 60,
  },
  ...questions.flatMap((question) => [
    {
      aim: `who may do something, ${question}: the first page in the large estate`,
      part: 'access',
      ours: `${question}: large estate`,
      atMost: 50,
    },
    {
      aim: `who may do something, ${question}: 100,000 agents against 1,000`,
      part: 'access',
      ours: `${question}: large estate`,
      peer: `${question}: small estate`,
      atMost: 3,
    },
  ]),
];

/** The figures that the others of a part are divided by, for each of them. */
const yardsticks = {
  issuing: [
    'stock Veramo to SQLite, one by one',
    'stock Veramo in memory, 16 in parallel',
    'bare jose signature, one by one',
  ].map(sameForAll),
  verifying: ['bare jose verification', 'stock Veramo, verifyCredential'].map(sameForAll),
  decoding: [
    {
      label: '@digitalbazaar/vc-bitstring-status-list with the same list',
      of: (name) => name.replace(/:.*/, ': @digitalbazaar'),
    },
  ],
  embedding: ['CPU of its three signature checks, bare jose'].map(sameForAll),
  lookup: [
    {
      label: 'the same server, taking any document',
      of: (name) => name.replace(/,.*/, ', any document'),
    },
  ],
  onboarding: ['one by one, a call each'].map(sameForAll),
  serving: ['bare node:http'].map(sameForAll),
  'memory-agents': [],
  access: [
    {
      label: 'the same question in the small estate',
      of: (name) => name.replace(/: .*/, ': small estate'),
    },
  ],
  'status-at-size': [
    {
      label: 'the same in the small registry',
      of: (name) => (name.includes(':') ? name.replace(/: .*/, ': small registry') : name),
    },
  ],
  sidecar: [
    {
      label: 'bare node:http under the same load',
      of: (name) => name.replace(/^.*(?=: )/, 'bare node:http'),
    },
  ],
};

function sameForAll(label) {
  return { label, of: () => label };
}

/** Adds ratios and aims to the figures of a run; parts that were not measured are left out. */
export function reportOn(parts) {
  const measured = Object.fromEntries(
    Object.entries(parts).map(([part, figures]) => [part, withRatios(part, figures)]),
  );
  return { parts: measured, aims: aims.filter(({ part }) => part in parts).map(judgeWith(parts)) };
}

function withRatios(part, figures) {
  const ratiosOf = (name, { unit, samples }) => {
    const peers = yardsticks[part].map(({ of }) => of(name));
    return peers
      .filter((peer) => figures[peer].unit === unit)
      .map((peer) => [peer, rounded(ratioOf(samples, figures[peer].samples))]);
  };
  return Object.fromEntries(
    Object.entries(figures).map(([name, figure]) => {
      if (figure.notAvailable !== undefined) return [name, figure];
      const { unit = 'per second', samples } = figure;
      const [middle, ratios] = [rounded(median(samples)), ratiosOf(name, figure)];
      const all = { median: middle, samples: samples.map(rounded) };
      return [name, { unit, ...all, ratios: Object.fromEntries(ratios) }];
    }),
  );
}

/** Each sample against its neighbour of the same round, which the machine treated alike. */
function ratioOf(ours, theirs) {
  return median(ours.map((sample, round) => sample / theirs[round]));
}

function judgeWith(parts) {
  return ({ aim, part, ours, peer, ...bound }) => {
    const figures = parts[part];
    const { samples, unit } = figures[ours];
    const value = peer === undefined ? median(samples) : ratioOf(samples, figures[peer].samples);
    const { atLeast = 0, atMost = Number.POSITIVE_INFINITY } = bound;
    return {
      aim,
      value: rounded(value),
      unit: peer === undefined ? unit : 'x',
      ...bound,
      holds: value >= atLeast && value <= atMost,
    };
  };
}

function rounded(value) {
  return Number(value.toPrecision(3));
}

/** The report as lines for people. */
export function tableOf({ parts, aims: judged }) {
  const lines = Object.entries(parts).flatMap(([part, figures]) => [
    `${part}: median (least to most), and as a multiple of`,
    ...yardsticks[part].map(({ label }, index) => `  [${index + 1}] ${label}`),
    ...Object.entries(figures).map(([name, figure]) => rowOf(name, figure, yardsticks[part])),
    '',
  ]);
  const verdicts = judged.map(({ aim, value, unit, atLeast, atMost, holds }) => {
    const bound = atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`;
    return `${holds ? 'holds' : 'FAILS'}  ${value} ${unit} (aim: ${bound})  ${aim}`;
  });
  return [...lines, ...verdicts].join('\n');
}

function rowOf(name, figure, peers) {
  const title = `  ${name.padEnd(48)}`;
  if (figure.notAvailable !== undefined) return `${title} not available: ${figure.notAvailable}`;
  const { median: middle, unit, samples, ratios } = figure;
  const range = `(${Math.min(...samples)} to ${Math.max(...samples)})`;
  const multiples = peers.map(({ of }) => {
    const ratio = ratios[of(name)];
    return (ratio === undefined ? '' : `${ratio}x`).padStart(9);
  });
  const value = `${String(middle).padStart(7)} ${unit.padEnd(11)}`;
  return `${title}${value}${range.padEnd(18)}${multiples.join('')}`;
}
