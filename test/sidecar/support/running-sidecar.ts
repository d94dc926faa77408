import { createSidecar, type SidecarOptions } from '../../../src/sidecar/create-sidecar.ts';
import type { Decision } from '../../../src/sidecar/decision-log.ts';
import { PolicyInForce } from '../../../src/sidecar/policy-in-force.ts';
import { startSidecar } from '../../../src/sidecar/start-sidecar.ts';
import { createVerifier } from '../../../src/verifier/index.ts';
import type { Verifier } from '../../../src/verifier/ports.ts';
import { type RawRequest, rawRequest } from '../../support/raw-request.ts';
import { createPaperWorld, type PaperWorld } from '../../verifier/support/paper-world.ts';

export const sidecarToken = 'sidecar-token-of-the-tests-0123456789';

/** What a sidecar answered; the body is JSON where it says so. */
export interface SidecarAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}

/** A real sidecar on a port of its own, over papers in memory. */
export interface TestSidecar extends AsyncDisposable {
  readonly url: string;
  readonly world: PaperWorld;
  readonly verifier: Verifier;
  readonly policy: PolicyInForce;
  /** Lines of the decision log, as they were written. */
  readonly lines: readonly string[];
  readonly said: readonly string[];
  readonly decisions: () => readonly Decision[];
  /** Sends a request with the token. */
  send(target: string, request?: RawRequest): Promise<SidecarAnswer>;
  /** Posts JSON with the token. */
  post(target: string, body: unknown): Promise<SidecarAnswer>;
  close(): void;
}

export interface TestSidecarOptions extends Partial<SidecarOptions> {
  readonly mode?: 'enforce' | 'monitor';
  readonly world?: PaperWorld;
}

export async function startTestSidecar(options: TestSidecarOptions = {}): Promise<TestSidecar> {
  const { mode = 'enforce', world = await createPaperWorld(), ...parts } = options;
  const verifier = createVerifier(world.options({ ...world.policy, mode }));
  const policy = new PolicyInForce({ mode });
  const lines: string[] = [];
  const said: string[] = [];
  const sidecar = createSidecar({
    verifier,
    policy,
    token: sidecarToken,
    decided: (line) => lines.push(line),
    say: (line) => said.push(line),
    clock: world.clock,
    ...parts,
    // On a busy machine the first verdict can take longer than the tightest hook waits.
    limits: { answerWithinMs: 10_000, ...parts.limits },
  });
  const running = await startSidecar({ host: '127.0.0.1', port: 0 }, sidecar.listener);
  const send = async (target: string, request: RawRequest = {}) => {
    const headers = { Authorization: `Bearer ${sidecarToken}`, ...request.headers };
    const { status, body, ...answer } = await rawRequest(running.url, target, {
      ...request,
      headers,
    });
    const isJson = /json/.test(answer.headers['content-type'] ?? '');
    const text = body.toString();
    return { status, headers: answer.headers, body: isJson ? JSON.parse(text) : text };
  };
  return {
    url: running.url,
    world,
    verifier,
    policy,
    lines,
    said,
    decisions: () => lines.map((line) => JSON.parse(line) as Decision),
    send,
    post: (target, body) => {
      const headers = { 'Content-Type': 'application/json' };
      return send(target, { method: 'POST', headers, body: JSON.stringify(body) });
    },
    close: () => sidecar.close(),
    [Symbol.asyncDispose]: async () => {
      sidecar.close();
      await running.close();
    },
  };
}

/** Every host that the papers are on stops answering. */
export function takeRegistryDown(world: PaperWorld): void {
  for (const url of world.fetch.answers.keys()) world.serve(url, 'hang-up');
}

/** The passport is revoked from now on. */
export function revoke(world: PaperWorld): Promise<void> {
  return world.publishList({ purpose: 'revocation', set: [world.index] });
}
