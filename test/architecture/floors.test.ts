import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readImports } from './read-imports.ts';

const source = resolve(import.meta.dirname, '../../src');

interface Floor {
  /** Rooms that this room may enter, itself apart. */
  readonly rooms: readonly string[];
  /** Packages it may name; a trailing `*` stands for the rest of a scope. */
  readonly packages: readonly string[];
  /** node: modules it may name; `*` for any. */
  readonly node: readonly string[];
}

const domain = [
  'kernel',
  'audit',
  'organizations',
  'agents',
  'workloads',
  'publication',
  'keys',
  'requests',
  'dids',
  'status',
  'credentials',
  'cimd',
  'enrolments',
];

/** The rooms of the domain that come before this one, with the floors below them. */
function upTo(room: string): readonly string[] {
  return ['protocol', ...domain.slice(0, domain.indexOf(room))];
}

const pure = { packages: [], node: ['node:crypto'] } as const;

/** Who may enter which room and name which package: the architecture as data. */
const floors: Readonly<Record<string, Floor>> = {
  protocol: { rooms: [], packages: [], node: [] },
  kernel: { rooms: [], packages: [], node: ['node:crypto', 'node:timers/promises'] },
  lint: { rooms: ['protocol'], packages: [], node: [] },
  verifier: { rooms: ['protocol'], packages: ['jose'], node: [] },
  'verifier/node': {
    rooms: ['verifier', 'protocol'],
    packages: ['ipaddr.js'],
    node: ['*'],
  },
  sidecar: {
    rooms: ['protocol', 'kernel', 'verifier', 'verifier/node'],
    packages: [],
    node: ['node:crypto', 'node:fs', 'node:fs/promises', 'node:http', 'node:net'],
  },
  'agent-client': { rooms: [], packages: ['jose'], node: ['node:fs/promises', 'node:process'] },
  reach: {
    rooms: ['protocol', 'verifier', 'verifier/node'],
    packages: [],
    node: ['node:fs/promises'],
  },
  probe: {
    rooms: ['protocol', 'lint', 'verifier/node'],
    packages: [],
    node: ['node:http', 'node:https', 'node:net', 'node:tls'],
  },
  'verifier/adapters': { rooms: ['verifier', 'protocol'], packages: [], node: [] },
  config: { rooms: ['protocol', 'kernel'], packages: [], node: ['*'] },
  audit: { rooms: upTo('audit'), ...pure },
  organizations: { rooms: upTo('organizations'), ...pure },
  agents: { rooms: upTo('agents'), ...pure },
  workloads: { rooms: upTo('workloads'), ...pure },
  // Tokens of other people's issuers are verified here, and nowhere else in the registry.
  judge: { rooms: ['protocol', 'kernel', 'verifier', 'workloads'], packages: ['jose'], node: [] },
  // The second place of what is signed about the audit trail: files beside the database.
  checkpoints: {
    rooms: ['protocol', 'audit'],
    packages: [],
    node: ['node:fs/promises', 'node:path'],
  },
  publication: { rooms: upTo('publication'), ...pure },
  keys: { rooms: upTo('keys'), ...pure },
  requests: { rooms: upTo('requests'), ...pure },
  dids: { rooms: upTo('dids'), ...pure },
  status: { rooms: upTo('status'), ...pure },
  credentials: { rooms: upTo('credentials'), packages: ['ajv'], node: ['node:crypto'] },
  // Nothing is published that the lint did not see; it is as pure as protocol.
  cimd: { rooms: [...upTo('cimd'), 'lint'], ...pure },
  enrolments: {
    rooms: ['protocol', 'kernel', 'audit', 'organizations', 'agents', 'credentials'],
    ...pure,
  },
  // What files and requests may say of agents: types of the domain, and a parser.
  manifest: { rooms: ['protocol', 'agents', 'credentials'], packages: [], node: [] },
  estate: {
    rooms: ['protocol', 'kernel', 'audit', 'organizations', 'agents', 'status', 'credentials'],
    ...pure,
  },
  metrics: { rooms: [], packages: ['prom-client'], node: [] },
  backup: {
    rooms: ['kernel'],
    packages: [],
    node: ['*'],
  },
  // Octets on a disk of its own; the database is asked through a reader of audit.
  journal: {
    rooms: ['protocol', 'kernel', 'audit'],
    packages: [],
    node: ['node:crypto', 'node:fs', 'node:fs/promises', 'node:path', 'node:readline/promises'],
  },
  // What happened in the rooms before it, told to others.
  events: {
    rooms: [
      'protocol',
      'kernel',
      'audit',
      'organizations',
      'agents',
      'publication',
      'keys',
      'dids',
      'status',
      'credentials',
      'cimd',
    ],
    ...pure,
  },
  journeys: {
    rooms: ['protocol', ...domain, 'estate', 'events', 'manifest'],
    packages: [],
    node: ['node:crypto', 'node:util'],
  },
  db: {
    rooms: [
      ...['protocol', 'config', 'estate', 'events', 'backup'],
      ...domain.filter((room) => room !== 'cimd'),
    ],
    packages: ['@prisma/adapter-pg', 'pg'],
    node: ['*'],
  },
  veramo: {
    rooms: ['protocol', 'kernel', 'keys', 'dids'],
    packages: [
      '@veramo/core',
      '@veramo/core-types',
      '@veramo/credential-w3c',
      '@veramo/did-manager',
      '@veramo/did-provider-web',
      '@veramo/did-resolver',
      '@veramo/key-manager',
      'web-did-resolver',
    ],
    node: ['node:crypto'],
  },
  http: {
    rooms: [
      'kernel',
      'protocol',
      'audit',
      'organizations',
      'agents',
      'workloads',
      'publication',
      'keys',
      'requests',
      'credentials',
      'enrolments',
      'manifest',
      'estate',
      'events',
      'journeys',
      'metrics',
      'verifier',
      'config',
      'console',
    ],
    packages: ['express', 'zod', 'pino'],
    node: [
      ...['node:crypto', 'node:fs', 'node:http', 'node:https'],
      ...['node:stream', 'node:stream/promises'],
    ],
  },
  console: {
    rooms: ['protocol', 'organizations', 'credentials', 'cimd', 'journeys'],
    packages: ['preact', 'preact-render-to-string'],
    node: [],
  },
  // Looks at everything from outside: what it says is for people.
  doctor: {
    rooms: ['protocol', 'keys', 'verifier', 'verifier/node', 'config', 'db'],
    packages: [],
    node: ['node:fs/promises', 'node:tls'],
  },
  cli: {
    rooms: [
      'protocol',
      'kernel',
      'audit',
      'manifest',
      'lint',
      'agent-client',
      'verifier',
      'verifier/node',
      'sidecar',
      'reach',
      'probe',
      'config',
      'backup',
      'db',
      'doctor',
      'http',
      'demo',
      'service',
      'restore',
      'main',
    ],
    packages: ['commander', 'yaml'],
    node: ['*'],
  },
  demo: {
    rooms: ['verifier', 'verifier/node', 'verifier/adapters', 'agent-client', 'config'],
    packages: ['oidc-provider', '@modelcontextprotocol/sdk', 'express', 'jose', 'selfsigned'],
    node: ['*'],
  },
  // What comes with the release and is published by every service.
  release: {
    rooms: ['protocol', 'kernel', 'publication', 'credentials', 'http'],
    packages: [],
    node: ['node:fs', 'node:url'],
  },
  // The composition root, in three files: the ports, what is done unasked, and the start.
  'wire-rooms': {
    rooms: [
      ...['protocol', 'kernel', 'audit', 'publication', 'keys', 'status', 'estate', 'journal'],
      ...['events', 'journeys', 'db', 'disk-copy', 'veramo', 'judge', 'metrics', 'http'],
      ...['console', 'verifier/node', 'config', 'follow', 'release'],
    ],
    packages: [],
    node: [],
  },
  duties: {
    rooms: [
      ...['audit', 'requests', 'estate', 'events', 'journeys', 'metrics', 'http'],
      ...['rounds', 'wire-rooms'],
    ],
    packages: [],
    node: [],
  },
  service: {
    rooms: [
      ...['kernel', 'organizations', 'publication', 'events', 'checkpoints', 'journeys', 'db'],
      ...['metrics', 'http', 'verifier/node', 'config', 'follow', 'release', 'duties'],
      'wire-rooms',
    ],
    packages: [],
    node: [],
  },
  // When and where what is owed is done; which process, the database says.
  'disk-copy': {
    rooms: ['publication'],
    packages: [],
    node: ['node:crypto', 'node:fs/promises', 'node:path'],
  },
  follow: {
    rooms: ['http', 'publication', 'disk-copy'],
    packages: [],
    node: ['node:path', 'node:timers/promises'],
  },
  rounds: { rooms: ['http'], packages: [], node: [] },
  replica: {
    rooms: ['kernel', 'publication', 'db', 'metrics', 'http', 'config', 'follow'],
    packages: [],
    node: [],
  },
  restore: {
    rooms: [
      ...['kernel', 'audit', 'checkpoints', 'keys', 'backup', 'journal', 'journeys'],
      ...['db', 'veramo', 'config'],
    ],
    packages: [],
    node: ['node:fs/promises'],
  },
  main: {
    rooms: ['config', 'service', 'replica', 'kernel'],
    packages: [],
    node: ['node:timers/promises'],
  },
};

interface Import {
  readonly file: string;
  readonly room: string;
  readonly target: string;
}

function sourceFiles(): string[] {
  return readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !name.startsWith('db/generated'))
    .map((name) => join(source, name));
}

function roomOf(file: string): string {
  const [room = '', inner = ''] = relative(source, file).split('/');
  if (room === 'verifier' && (inner === 'node' || inner === 'adapters')) return `${room}/${inner}`;
  return room.replace(/\.tsx?$/, '');
}

function importsOf(file: string): Import[] {
  return readImports(readFileSync(file, 'utf8')).map((target) => ({
    file: relative(source, file),
    room: roomOf(file),
    target,
  }));
}

function allowed({ file, room, target }: Import): boolean {
  const floor = floors[room];
  if (floor === undefined) return false;
  if (target.startsWith('.')) {
    const entered = roomOf(resolve(dirname(join(source, file)), target));
    return entered === room || floor.rooms.includes(entered);
  }
  if (target.startsWith('node:')) return floor.node.includes('*') || floor.node.includes(target);
  return floor.packages.some((name) =>
    name.endsWith('*')
      ? target.startsWith(name.slice(0, -1))
      : target === name || target.startsWith(`${name}/`),
  );
}

describe('the floors', () => {
  it('no room enters one that it may not, nor names a package that it may not', () => {
    const offenders = sourceFiles()
      .flatMap(importsOf)
      .filter((found) => !allowed(found))
      .map(({ file, target }) => `${file} -> ${target}`);
    expect(offenders).toEqual([]);
  });

  it('sees the imports at all', () => {
    const found = sourceFiles().flatMap(importsOf);
    expect(found.length).toBeGreaterThan(200);
    expect(allowed({ file: 'verifier/x.ts', room: 'verifier', target: 'express' })).toBe(false);
    expect(allowed({ file: 'agents/x.ts', room: 'agents', target: '../cimd/y.ts' })).toBe(false);
    expect(allowed({ file: 'agents/x.ts', room: 'agents', target: '../audit/y.ts' })).toBe(true);
  });
});

describe('sizes and shapes', () => {
  it('no file is longer than 400 lines', () => {
    const long = sourceFiles().filter(
      (file) => readFileSync(file, 'utf8').split('\n').length > 401,
    );
    expect(long.map((file) => relative(source, file))).toEqual([]);
  });

  it('no file carries a name that says nothing', () => {
    const vague = /(?:^|[-/])(?:utils?|helpers?|common|misc|manager|handler|data|info)(?:[-/.]|$)/;
    const names = sourceFiles().map((file) => relative(source, file));
    expect(names.filter((name) => vague.test(name))).toEqual([]);
  });
});
