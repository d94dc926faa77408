import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

/** A worker in workerd: the Web's APIs, and no module of Node. */
export interface WebRuntime extends AsyncDisposable {
  /** Posts JSON to a path of the worker; the JSON that it answers. */
  ask(path: string, body: unknown): Promise<unknown>;
}

/** What the package says of its binary, which it brings for this platform. */
const workerd = createRequire(import.meta.url)('workerd') as {
  readonly default: string;
  readonly compatibilityDate: string;
};

/** One worker that answers on loopback and may reach nothing itself. Its flags take Node's API away. */
const config = `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "worker", worker = .worker),
    (name = "internet", network = (allow = [])),
  ],
  sockets = [
    (name = "http", address = "127.0.0.1:0", http = (), service = (name = "worker", entrypoint = "web")),
  ],
);

const worker :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "${workerd.compatibilityDate}",
  compatibilityFlags = ["no_nodejs_compat", "no_nodejs_compat_v2"],
);
`;

/** Starts a module whose export `web` answers requests; its files are put into the folder. */
export async function startWebRuntime(folder: string, code: string): Promise<WebRuntime> {
  writeFileSync(join(folder, 'worker.js'), code);
  writeFileSync(join(folder, 'config.capnp'), config);
  const child = spawn(workerd.default, ['serve', 'config.capnp', '--control-fd=3'], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'pipe', 'pipe'],
  });
  const exit = once(child, 'exit');
  const complaints = text(child.stderr as Readable);
  const control = child.stdio[3] as Readable;
  const started = await Promise.race([once(control, 'data'), exit.then(() => undefined)]);
  if (started === undefined) throw new Error(await complaints);
  const { port } = JSON.parse(String(started[0])) as { port: number };
  return {
    ask: async (path, body) => {
      const request = { method: 'POST', body: JSON.stringify(body) };
      const response = await fetch(`http://127.0.0.1:${port}/${path}`, request);
      return response.json();
    },
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await exit;
    },
  };
}
