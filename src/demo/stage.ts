import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createVerifier } from '../verifier/index.ts';
import { guardedFetch } from '../verifier/node/index.ts';
import type { TrustPolicy, Verifier } from '../verifier/ports.ts';
import type { Verdict } from '../verifier/verdict.ts';
import { type AuthorizationServer, startAuthorizationServer } from './authorization-server.ts';
import type { CertificateFiles } from './certificates.ts';
import { Disposals } from './disposals.ts';
import { type LogServer, logServerScopes, startLogServer } from './mcp-server.ts';
import { type CreateService, type Registry, startRegistry } from './registry.ts';

/** Everything the story plays on, each part real and on this machine. */
export interface Stage extends AsyncDisposable {
  /** The registry that the authorization server and the MCP server trust. */
  readonly registry: Registry;
  /** A registry as good as the other, whose issuer nobody here trusts. */
  readonly stranger: Registry;
  readonly authorizationServer: AuthorizationServer;
  readonly logServer: LogServer;
  /** The verifiers of the three parties: each has its own cache and hears of a change by itself. */
  readonly verifiers: {
    readonly authorizationServer: Verifier;
    readonly logServer: Verifier;
    readonly agent: Verifier;
  };
  /** The last verdict that the authorization server took on a client. */
  verdictOn(clientId: string): Verdict | undefined;
}

/** What a stage is set from. */
export interface StageOptions {
  readonly createService: CreateService;
  readonly certificates: CertificateFiles;
  /** false leaves the hook out of the authorization server. Default true. */
  readonly checksPapers?: boolean;
  /** How fresh the parties want a status to be; the verifier's defaults unless given. */
  readonly status?: NonNullable<TrustPolicy['status']>;
  /** Makes the verifiers of all three parties; `createVerifier` unless given. */
  readonly createVerifier?: typeof createVerifier;
}

/** Starts every part. When one does not start, those that did are stopped, and it throws. */
export async function setStage(options: StageOptions): Promise<Stage> {
  const disposals = new Disposals();
  try {
    return await setParts(options, disposals);
  } catch (reason) {
    await disposals[Symbol.asyncDispose]();
    throw reason;
  }
}

async function setParts(options: StageOptions, disposals: Disposals): Promise<Stage> {
  const { certificates } = options;
  const folder = disposals.use(await createFolder());
  const start = async (name: string): Promise<Registry> =>
    disposals.use(await startRegistry({ ...options, dataDir: join(folder.path, name) }));
  const registry = await start('registry');
  const stranger = await start('stranger');
  const verifier = (): Verifier =>
    (options.createVerifier ?? createVerifier)({
      fetch: guardedFetch({ allowLoopback: true }),
      policy: { ...trusting(registry.url), ...(options.status && { status: options.status }) },
    });
  const verifiers = { authorizationServer: verifier(), logServer: verifier(), agent: verifier() };
  const verdicts = new Map<string, Verdict>();
  const resources = new Map<string, readonly string[]>();
  const authorizationServer = disposals.use(
    await startAuthorizationServer({
      certificates,
      verifier: verifiers.authorizationServer,
      resources,
      onVerdict: (verdict, { clientId }) => verdicts.set(clientId, verdict),
      checksPapers: options.checksPapers ?? true,
    }),
  );
  const { issuer } = authorizationServer;
  const logServer = disposals.use(
    await startLogServer({ certificates, issuer, verifier: verifiers.logServer }),
  );
  resources.set(logServer.url, logServerScopes);
  return {
    registry,
    stranger,
    authorizationServer,
    logServer,
    verifiers,
    verdictOn: (clientId) => verdicts.get(clientId),
    [Symbol.asyncDispose]: () => disposals[Symbol.asyncDispose](),
  };
}

/** The issuer of a registry's first organization: its did:web without a path (did:web §2.5.2). */
export function issuerOf(url: string): string {
  return `did:web:${new URL(url).host.replace(':', '%3A')}`;
}

function trusting(url: string): TrustPolicy {
  const entry = {
    issuer: issuerOf(url),
    clientIds: [`${url}/a/`],
    credentialTypes: ['AgentAuthorizationCredential'],
  };
  return { mode: 'enforce', trust: [entry] };
}

/** A folder that others may pass through but not list: root's database runs as another account. */
async function createFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'sealwright-demo-'));
  await chmod(path, 0o711);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
