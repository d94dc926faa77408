import { hostname } from 'node:os';
import { readListen, readToken } from '../config/readers.ts';
import type { Secret } from '../config/secrets.ts';
import { readSidecarSettings } from '../config/settings.ts';
import type { Parsed } from '../protocol/parsed.ts';
import type { AllowListKey } from '../sidecar/allow-list-key.ts';
import type { ClientIds } from '../sidecar/client-ids.ts';
import type { FollowedFile } from '../sidecar/followed-file.ts';
import type { RunningSidecar } from '../sidecar/start-sidecar.ts';
import type { ApprovalsFile, PolicyFollower } from '../verifier/node/index.ts';
import type { Fetch, TrustPolicy, Verifier } from '../verifier/ports.ts';
import type { Command, Invocation } from './command.ts';
import { createYamlParser } from './create-yaml-parser.ts';
import { exitCodes } from './exit-codes.ts';
import { CommandFailure, usageFailure } from './failure.ts';
import { followClients } from './follow-clients.ts';
import { guardFetch, refusedAsUsage } from './guard-fetch.ts';
import { openEventFeed } from './open-event-feed.ts';
import { printable } from './paint.ts';
import { readText } from './read-file.ts';
import { readPolicy } from './read-policy.ts';
import { linesOf, usable } from './usable.ts';

type Address = Parameters<typeof import('../sidecar/start-sidecar.ts').startSidecar>[0];

/** What was typed and set, read and found usable. */
interface Order {
  readonly policyPath: string;
  readonly policy: TrustPolicy;
  readonly address: Address;
  readonly token: Secret<string> | undefined;
  readonly eventsToken: Secret<string> | undefined;
  readonly answerWithinMs: number | undefined;
  readonly allowLoopback: boolean;
}

/** Runs the sidecar until a signal. Decisions go to standard output, talk to standard error. */
export const verifierServe: Command = {
  words: 'verifier serve',
  summary: 'answer the hooks of an authorization server that cannot embed the verifier',
  example: 'verifier serve --policy trust.yaml --token-file sidecar.token',
  options: [
    { form: '--policy <file>', help: 'whom to trust (trust.yaml), instead of SEALWRIGHT_POLICY' },
    { form: '--listen <address>', help: 'host:port, 127.0.0.1:8789 unless given' },
    {
      form: '--token-file <file>',
      help: 'the bearer token that callers present, instead of SEALWRIGHT_SIDECAR_TOKEN',
    },
    {
      form: '--clients <file>',
      help: "from the product's own names of clients to client_ids (YAML or JSON)",
    },
    {
      form: '--own-scope <scope>',
      help: 'a scope that the server grants by its own rules, such as openid',
      repeated: true,
    },
    {
      form: '--approvals <file>',
      help: 'where decisions about single clients are kept; it is made if it is not there',
    },
    {
      form: '--allow-list <file>',
      help: 'client_ids to watch for a signed allow-list (YAML or JSON)',
    },
    { form: '--allow-list-key <file>', help: 'the private P-256 key that signs it, as a JWK' },
    { form: '--answer-within <ms>', help: "milliseconds, instead of each hook's own" },
    { form: '--allow-loopback', help: 'read http://localhost too; for development only' },
  ],
  run: async (call) => {
    const order = await readOrder(call);
    const files = await openFiles(call);
    const [stopped, reload] = signals();
    const { running, close, policy } = await start(call, order, files);
    const { clients, approvals, watched } = files;
    reload(() => {
      for (const file of [policy, clients, approvals, watched]) void file?.reload();
    });
    announce(call, order, running);
    await stopped;
    await close();
    return exitCodes.ok;
  },
};

async function readOrder(call: Invocation): Promise<Order> {
  const settings = usable(readSidecarSettings(call.terminal.env), 'The configuration');
  const policyPath = call.text('policy') ?? settings.policyPath;
  if (policyPath === undefined || policyPath === '-') {
    throw usageFailure('Name the policy file with --policy or SEALWRIGHT_POLICY.');
  }
  const order = {
    policyPath,
    policy: await readPolicy(policyPath, call.terminal),
    address: usable(readListen(call.text('listen') ?? '127.0.0.1:8789'), '--listen'),
    token: (await readTokenFile(call)) ?? settings.sidecarToken,
    eventsToken: settings.eventsToken,
    answerWithinMs: readMilliseconds(call.text('answerWithin')),
    allowLoopback: call.flag('allowLoopback'),
  };
  const { isLoopbackHost } = await import('../sidecar/start-sidecar.ts');
  if (order.token !== undefined || isLoopbackHost(order.address.host)) return order;
  throw usageFailure('A sidecar that others can reach needs a token.', [
    'set SEALWRIGHT_SIDECAR_TOKEN or --token-file, or listen on 127.0.0.1',
  ]);
}

async function readTokenFile(call: Invocation): Promise<Secret<string> | undefined> {
  const path = call.text('tokenFile');
  if (path === undefined) return undefined;
  const text = (await readText(path, call.terminal)).replace(/\r?\n$/, '');
  return usable(readToken(text), `The token in ${path}`);
}

function readMilliseconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (ms >= 20) return ms;
  throw usageFailure('--answer-within is from 20 to 99999 milliseconds.');
}

/** The files that are followed beside the policy. */
interface Files {
  readonly clients: FollowedFile<ClientIds> | undefined;
  readonly approvals: ApprovalsFile | undefined;
  readonly watched: FollowedFile<readonly string[]> | undefined;
  readonly key: AllowListKey | undefined;
}

async function openFiles(call: Invocation): Promise<Files> {
  const key = await readKey(call);
  const [clients, watched] = [await readClients(call), await readWatched(call)];
  if (key === undefined && watched !== undefined) {
    throw usageFailure('--allow-list needs a key to sign with: --allow-list-key.');
  }
  if (key !== undefined && watched === undefined && call.text('approvals') === undefined) {
    throw usageFailure('--allow-list-key needs clients to list: --allow-list or --approvals.');
  }
  return { clients, watched, key, approvals: await openApprovals(call) };
}

async function readKey(call: Invocation): Promise<AllowListKey | undefined> {
  const path = call.text('allowListKey');
  if (path === undefined) return undefined;
  const { parseAllowListKey } = await import('../sidecar/allow-list-key.ts');
  const text = await readText(path, call.terminal);
  return usable(await parseAllowListKey(text), `The key in ${path}`);
}

async function readWatched(call: Invocation): Promise<FollowedFile<readonly string[]> | undefined> {
  const path = call.text('allowList');
  if (path === undefined) return undefined;
  const [{ FollowedFile }, { parseWatchedClients }, parse] = await Promise.all([
    import('../sidecar/followed-file.ts'),
    import('../sidecar/watched-clients.ts'),
    createYamlParser(),
  ]);
  const empty: readonly string[] = [];
  const watched = new FollowedFile({ path, parse, read: parseWatchedClients, empty });
  usable(await watched.reload(), `The list of clients ${path}`);
  return watched;
}

async function openApprovals(call: Invocation): Promise<ApprovalsFile | undefined> {
  const path = call.text('approvals');
  if (path === undefined) return undefined;
  const { openApprovalsFile } = await import('../verifier/node/index.ts');
  const onReload = (read: Parsed<unknown>) => {
    const lines = read.ok ? [] : linesOf(read.faults);
    const said = read.ok
      ? 'the approvals were read again'
      : `the approvals cannot be used, nobody passes until they are mended: ${lines.join('; ')}`;
    call.say(`sealwright: ${printable(said)}`);
  };
  try {
    return await openApprovalsFile(path, { onReload });
  } catch (error) {
    throw usageFailure(error instanceof Error ? error.message : String(error));
  }
}

async function readClients(call: Invocation): Promise<FollowedFile<ClientIds> | undefined> {
  const path = call.text('clients');
  return path === undefined ? undefined : followClients(path);
}

interface Started {
  readonly running: RunningSidecar;
  readonly policy: PolicyFollower;
  close(): Promise<void>;
}

async function start(
  call: Invocation,
  order: Order,
  { clients, approvals, watched, key }: Files,
): Promise<Started> {
  const [{ createSidecar }, { PolicyInForce }, { startSidecar }, { followPolicyFile }, parse] =
    await Promise.all([
      import('../sidecar/create-sidecar.ts'),
      import('../sidecar/policy-in-force.ts'),
      import('../sidecar/start-sidecar.ts'),
      import('../verifier/node/index.ts'),
      createYamlParser(),
    ]);
  const fetch = await guardFetch(order.allowLoopback);
  const verifier = await createOwnVerifier(order, fetch, approvals);
  const inForce = new PolicyInForce(order.policy);
  const say = (line: string) => call.say(`sealwright: ${printable(line)}`);
  const { terminal } = call;
  const token = order.eventsToken;
  const events = await openEventFeed({
    policy: order.policy,
    verifier,
    fetch,
    terminal,
    token,
    say,
  });
  const sidecar = createSidecar({
    verifier,
    policy: inForce,
    token: order.token?.reveal() ?? null,
    decided: (line) => call.terminal.out(line),
    say,
    clientIds: () => clients?.content ?? new Map(),
    ownScopes: call.list('ownScope') ?? [],
    allowLoopback: order.allowLoopback,
    approvals,
    events,
    allowList: key === undefined ? undefined : { key, watched: () => watched?.content ?? [] },
    limits: order.answerWithinMs === undefined ? {} : { answerWithinMs: order.answerWithinMs },
  });
  const running = await startSidecar(order.address, sidecar.listener).catch((cause) => {
    sidecar.close();
    throw unbound(order.address, cause);
  });
  events?.start(`sealwright verifier at ${hostname()}, ${new URL(running.url).host}`);
  const onReload = (taken: Parsed<TrustPolicy>) => {
    inForce.take(taken);
    say(reloaded('policy', taken));
    if (taken.ok && JSON.stringify(taken.value.events) !== JSON.stringify(order.policy.events)) {
      say('the events of the policy are others now: start the sidecar anew to have them followed');
    }
  };
  const policy = followPolicyFile(verifier, { path: order.policyPath, parse }, { onReload });
  const table = clients?.follow((read) => say(reloaded('table of clients', read)));
  const list = watched?.follow((read) => say(reloaded('list of clients', read)));
  const close = async () => {
    for (const part of [sidecar, policy, table, list, approvals]) part?.close();
    await Promise.all([running.close(), events?.close()]);
  };
  return { running, policy, close };
}

async function createOwnVerifier(
  { policy }: Order,
  fetch: Fetch,
  approvals: ApprovalsFile | undefined,
): Promise<Verifier> {
  const { createVerifier } = await import('../verifier/index.ts');
  const kept = approvals === undefined ? {} : { approvals };
  // A policy that is well formed can still ask for what this verifier must not do.
  return refusedAsUsage(() => createVerifier({ fetch, policy, ...kept }));
}

function announce({ terminal }: Invocation, order: Order, { url }: RunningSidecar): void {
  const who =
    order.token === undefined
      ? 'no token: whoever is on this machine may ask'
      : 'callers present the token';
  terminal.err(`sealwright: listening on ${url}, mode ${order.policy.mode}; ${who}\n`);
}

/** Resolves at SIGTERM or SIGINT; a second one ends the process at once. SIGHUP reloads. */
function signals(): readonly [Promise<void>, (reload: () => void) => void] {
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
  return [
    stopped,
    (reload) => {
      process.on('SIGHUP', reload);
      void stopped.then(() => process.off('SIGHUP', reload));
    },
  ];
}

function reloaded(what: string, read: Parsed<unknown>): string {
  return read.ok
    ? `the ${what} was read again`
    : `the ${what} cannot be used, the one before stays in force: ${linesOf(read.faults).join('; ')}`;
}

function unbound({ host, port }: Address, cause: unknown): CommandFailure {
  const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
  const options = { exitCode: exitCodes.server, code: 'start-refused', cause };
  return new CommandFailure(`Cannot listen on ${host}:${port}${code}.`, options);
}
