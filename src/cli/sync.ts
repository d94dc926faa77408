import type { Secret } from '../config/secrets.ts';
import { readSyncSettings } from '../config/settings.ts';
import type { Parsed } from '../protocol/parsed.ts';
import type { Product } from '../reach/product.ts';
import type { SyncAction, SyncResult, UndeterminedSince } from '../reach/sync-clients.ts';
import type { PolicyFollower } from '../verifier/node/index.ts';
import type { Verifier } from '../verifier/ports.ts';
import type { Command, Invocation } from './command.ts';
import { createYamlParser } from './create-yaml-parser.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { usageFailure } from './failure.ts';
import { followClients } from './follow-clients.ts';
import { guardFetch, refusedAsUsage } from './guard-fetch.ts';
import { printable, printableJson } from './paint.ts';
import { approvalsParameter, readApprovals } from './read-approvals.ts';
import { readPolicy } from './read-policy.ts';
import { usable } from './usable.ts';

const products = ['keycloak', 'auth0'] as const;
/** What is told once, however long it lasts. */
const lasting: readonly string[] = [
  'waiting',
  'left-disabled',
  'would-disable',
  'would-enable',
] satisfies SyncAction[];

/** Disables clients of a server that cannot ask for verdicts. Results go to standard output as JSON lines. */
export const sync: Command = {
  words: 'sync',
  summary: 'disable clients in Keycloak or Auth0 when their papers are withdrawn',
  example:
    'sync --to keycloak --url https://sso.acme.com --realm agents --clients clients.yaml --policy trust.yaml',
  options: [
    { form: '--to <product>', help: 'whose clients', required: true, choices: products },
    { form: '--url <url>', help: 'of the server or tenant', required: true },
    { form: '--realm <realm>', help: 'the realm, in Keycloak' },
    {
      form: '--clients <file>',
      help: "from the product's own names of clients to client_ids (YAML or JSON)",
      required: true,
    },
    { form: '--policy <file>', help: 'whom to trust (trust.yaml), instead of SEALWRIGHT_POLICY' },
    approvalsParameter,
    { form: '--every <duration>', help: 'between two rounds, 30s unless given' },
    { form: '--once', help: 'one round, then end: 0 if everything is done, 5 if not' },
    {
      form: '--grace <duration>',
      help: 'for how long an undetermined client is left alone, 5m unless given',
    },
    { form: '--state <file>', help: 'keeps since when clients are undetermined, for --once' },
    { form: '--metrics <file>', help: 'where to write counts for Prometheus after each round' },
    { form: '--dry-run', help: 'change nothing, say what would be changed' },
    { form: '--allow-loopback', help: 'read and call http://localhost too; for development only' },
  ],
  run: async (call) => {
    const round = await prepare(call);
    try {
      return call.flag('once') ? await round.run() : await repeat(call, round);
    } finally {
      round.close();
    }
  },
};

interface Rounds {
  readonly run: () => Promise<ExitCode>;
  readonly everyMs: number;
  readonly close: () => void;
}

async function prepare(call: Invocation): Promise<Rounds> {
  const everyMs = readDuration(call, 'every', { usual: 30_000, least: 5_000 });
  const graceMs = readDuration(call, 'grace', { usual: 300_000, least: 0 });
  const product = await connect(call);
  const clients = await followClients(call.text('clients') ?? '');
  const since = await readMemory(call);
  const { verifier, policy } = await startVerifier(call);
  const [{ syncClients }, { SyncMetrics }] = await Promise.all([
    import('../reach/sync-clients.ts'),
    import('../reach/sync-metrics.ts'),
  ]);
  const metrics = new SyncMetrics();
  const told = new Map<string, string>();
  const options = { verifier, product, graceMs, isDryRun: call.flag('dryRun'), clock: Date.now };
  const run = async () => {
    const read = await clients.reload();
    if (!read.ok)
      call.say('sealwright: the table of clients cannot be used, the one before counts');
    const results = await syncClients(options, clients.content, since);
    for (const result of results) report(call, result, told);
    metrics.count(results, Date.now());
    await keep(call, { since, metrics: metrics.render() });
    return results.some(({ action }) => action === 'failed') ? exitCodes.server : exitCodes.ok;
  };
  return { run, everyMs, close: () => policy.close() };
}

async function repeat(call: Invocation, { run, everyMs }: Rounds): Promise<ExitCode> {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
  while (!stop.signal.aborted) {
    const began = Date.now();
    await run();
    await pause(everyMs - (Date.now() - began), stop.signal);
  }
  call.say('sealwright: stopped');
  return exitCodes.ok;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, Math.max(0, ms));
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** One line for everything that somebody should know: what is as it was in the last round is left out. */
function report(call: Invocation, result: SyncResult, told: Map<string, string>): void {
  const before = told.get(result.client) ?? 'none';
  told.set(result.client, result.action);
  if (!isNews(before, result.action)) return;
  const line = { time: new Date().toISOString(), ...result };
  call.terminal.out(`${printableJson(line).replaceAll(/\n\s*/g, ' ')}\n`);
}

function isNews(before: string, action: SyncAction): boolean {
  if (action === 'none') return before === 'failed' || lasting.includes(before);
  return action !== before || !lasting.includes(action);
}

async function connect(call: Invocation): Promise<Product> {
  const { clientId, clientSecret } = credentials(call);
  const to = call.text('to');
  const name = products.find((known) => known === to) ?? 'keycloak';
  const realm = call.text('realm') ?? '';
  if ((name === 'keycloak') !== (realm !== '')) {
    throw usageFailure('--realm is given for Keycloak, and only there.');
  }
  const { createProduct } = await import('../reach/products.ts');
  const say = (line: string) => call.say(`sealwright: ${printable(line)}`);
  const url = readUrl(call);
  return createProduct({ name, url, realm, clientId, clientSecret: clientSecret.reveal(), say });
}

function credentials(call: Invocation): { clientId: string; clientSecret: Secret<string> } {
  const { syncClientId: clientId, syncClientSecret: clientSecret } = settingsOf(call);
  if (clientId !== undefined && clientSecret !== undefined) return { clientId, clientSecret };
  throw usageFailure('The client that changes others is missing.', [
    'set SEALWRIGHT_SYNC_CLIENT_ID, and SEALWRIGHT_SYNC_CLIENT_SECRET or SEALWRIGHT_SYNC_CLIENT_SECRET_FILE',
  ]);
}

function settingsOf(call: Invocation) {
  return usable(readSyncSettings(call.terminal.env), 'The configuration');
}

/** A secret goes there: https, or http to this machine in development. */
function readUrl(call: Invocation): string {
  const text = call.text('url') ?? '';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(url?.hostname ?? '');
  const isSafe =
    url?.protocol === 'https:' ||
    (url?.protocol === 'http:' && isLocal && call.flag('allowLoopback'));
  if (url === undefined || !isSafe || url.search !== '' || url.hash !== '' || url.username !== '') {
    throw usageFailure('--url is the https URL of the server, without a query.');
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

async function readMemory(call: Invocation): Promise<UndeterminedSince> {
  const path = call.text('state');
  if (path === undefined) return new Map();
  const { readSyncMemory } = await import('../reach/sync-memory.ts');
  return usable(await readSyncMemory(path), `The state file ${path}`);
}

async function keep(
  call: Invocation,
  kept: { readonly since: UndeterminedSince; readonly metrics: string },
): Promise<void> {
  const [{ writeSyncMemory }, { writeAtomically }] = await Promise.all([
    import('../reach/sync-memory.ts'),
    import('../verifier/node/write-atomically.ts'),
  ]);
  const [state, metrics] = [call.text('state'), call.text('metrics')];
  const writing = [
    state === undefined ? undefined : writeSyncMemory(state, kept.since),
    metrics === undefined ? undefined : writeAtomically(metrics, kept.metrics),
  ];
  for (const { status } of await Promise.allSettled(writing)) {
    if (status === 'rejected') call.say('sealwright: --state or --metrics cannot be written');
  }
}

async function startVerifier(
  call: Invocation,
): Promise<{ readonly verifier: Verifier; readonly policy: PolicyFollower }> {
  const path = call.text('policy') ?? settingsOf(call).policyPath;
  if (path === undefined || path === '-') {
    throw usageFailure('Name the policy file with --policy or SEALWRIGHT_POLICY.');
  }
  const [{ createVerifier }, { followPolicyFile }, fetch, parse] = await Promise.all([
    import('../verifier/index.ts'),
    import('../verifier/node/index.ts'),
    guardFetch(call.flag('allowLoopback')),
    createYamlParser(),
  ]);
  const approvals = await readApprovals(call);
  const policy = await readPolicy(path, call.terminal);
  const kept = approvals === undefined ? {} : { approvals };
  const verifier = refusedAsUsage(() => createVerifier({ fetch, policy, ...kept }));
  const onReload = (taken: Parsed<unknown>) => {
    if (!taken.ok) call.say('sealwright: the policy cannot be used, the one before stays in force');
  };
  return { verifier, policy: followPolicyFile(verifier, { path, parse }, { onReload }) };
}

const unitsMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

function readDuration(
  call: Invocation,
  name: 'every' | 'grace',
  { usual, least }: { readonly usual: number; readonly least: number },
): number {
  const text = call.text(name);
  if (text === undefined) return usual;
  const [, digits, unit = ''] = /^(\d{1,5})([smh])$/.exec(text) ?? [];
  const ms = Number(digits) * (unitsMs[unit] ?? Number.NaN);
  if (ms >= least && ms <= 86_400_000) return ms;
  throw usageFailure(
    `--${name} is a duration such as 30s, 5m or 1h, from ${least / 1_000}s to 24h.`,
  );
}
