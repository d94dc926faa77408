/** What we aim at: one figure against another of the same run. */
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
    aim: 'a warm verdict against one bare jose verification',
    part: 'verifying',
    ours: 'verifyClient, warm',
    peer: 'bare jose verification',
    atLeast: 0.8,
  },
  {
    aim: 'public GETs against bare node:http with the same octets',
    part: 'serving',
    ours: 'public document',
    peer: 'bare node:http',
    atLeast: 0.8,
  },
];

/** The figures that the others of a part are divided by. */
const yardsticks = {
  issuing: [
    'stock Veramo to SQLite, one by one',
    'stock Veramo in memory, 16 in parallel',
    'bare jose signature, one by one',
  ],
  verifying: ['bare jose verification'],
  serving: ['bare node:http'],
};

/** Adds ratios and aims to the figures of a run; parts that were not measured are left out. */
export function reportOn(parts) {
  const measured = Object.fromEntries(
    Object.entries(parts).map(([part, figures]) => [part, withRatios(figures, yardsticks[part])]),
  );
  return { parts: measured, aims: aims.filter(({ part }) => part in parts).map(judgeWith(parts)) };
}

function withRatios(figures, peers) {
  return Object.fromEntries(
    Object.entries(figures).map(([name, { perSecond, samples }]) => [
      name,
      {
        perSecond: rounded(perSecond),
        samples: samples.map(rounded),
        ratios: Object.fromEntries(
          peers.map((peer) => [peer, rounded(perSecond / figures[peer].perSecond)]),
        ),
      },
    ]),
  );
}

function judgeWith(parts) {
  return ({ aim, part, ours, peer, atLeast }) => {
    const ratio = parts[part][ours].perSecond / parts[part][peer].perSecond;
    return { aim, ratio: rounded(ratio), atLeast, holds: ratio >= atLeast };
  };
}

function rounded(value) {
  return Number(value.toPrecision(3));
}

/** The report as lines for people. */
export function tableOf({ parts, aims: judged }) {
  const lines = Object.entries(parts).flatMap(([part, figures]) => [
    `${part}: median per second (least to most), and as a multiple of`,
    ...yardsticks[part].map((peer, index) => `  [${index + 1}] ${peer}`),
    ...Object.entries(figures).map(([name, figure]) => rowOf(name, figure)),
    '',
  ]);
  const verdicts = judged.map(({ aim, ratio, atLeast, holds }) => {
    return `${holds ? 'holds' : 'FAILS'}  ${ratio}x (aim ${atLeast}x)  ${aim}`;
  });
  return [...lines, ...verdicts].join('\n');
}

function rowOf(name, { perSecond, samples, ratios }) {
  const multiples = Object.values(ratios).map((ratio) => `${ratio}x`.padStart(9));
  const range = `(${Math.min(...samples)} to ${Math.max(...samples)})`;
  return `  ${name.padEnd(40)}${String(perSecond).padStart(7)} ${range.padEnd(18)}${multiples.join('')}`;
}
