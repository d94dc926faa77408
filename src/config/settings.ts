import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import { accepted, type Fault, type Parsed, refusedAll } from '../protocol/parsed.ts';
import {
  type Environment,
  type LogLevel,
  type Role,
  type Variable,
  variableList,
  variables,
} from './env.ts';
import type { ListenAddress } from './readers.ts';
import type { Secret } from './secrets.ts';

/** Everything a process is told from outside, read once at its start. */
export interface Settings {
  /** Base URL of the first organization: origin, or origin and `/o/{org}`. */
  readonly url: string;
  readonly origin: string;
  readonly listen: ListenAddress;
  readonly adminListen: ListenAddress | undefined;
  /** Paths of PEM files that were readable and fit each other when the settings were read. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  readonly role: Role;
  readonly dataDir: string;
  /** Undefined: a part of the data directory, which auditDirOf names. */
  readonly auditDir: string | undefined;
  readonly databaseUrl: Secret<string> | undefined;
  /** The most connections to the database. */
  readonly databasePool: number;
  /** 32 bytes. */
  readonly masterKey: Secret<Uint8Array> | undefined;
  readonly adminToken: Secret<string> | undefined;
  readonly logLevel: LogLevel;
  /** API requests that one token may send in a minute; null for no limit. */
  readonly rateLimit: number | null;
  /** How many credentials a status list describes that is opened from now on. */
  readonly statusListSize: number;
  readonly policyPath: string | undefined;
  /** How long a process goes on serving after SIGTERM, while it says that it is not ready. */
  readonly drainMs: number;
}

/** What the command line needs to call a running service. */
export interface ClientSettings {
  readonly server: string;
  readonly token: Secret<string> | undefined;
}

/** What the verifier sidecar needs from the environment. */
export interface SidecarSettings {
  readonly policyPath: string | undefined;
  readonly sidecarToken: Secret<string> | undefined;
  readonly eventsToken: Secret<string> | undefined;
}

/** What `sync` needs from the environment. */
export interface SyncSettings {
  readonly policyPath: string | undefined;
  readonly syncClientId: string | undefined;
  readonly syncClientSecret: Secret<string> | undefined;
}

/** One line of `config show`: a secret's value reads `[secret]`. */
export interface SettingLine {
  readonly name: string;
  readonly value: string | null;
  readonly source: 'environment' | 'file' | 'default' | 'unset';
}

const ours = /^SEALWRIGHT_/;
/** Kubernetes injects these for a service called sealwright. */
const injected = /^SEALWRIGHT_(?:SERVICE_|PORT)/;

/** The settings of the service, or all faults of the environment at once, by variable name. */
export function readSettings(env: Environment): Parsed<Settings> {
  const reading = new Reading(env);
  reading.refuseUnknown();
  const url = reading.take(variables.url);
  const listen = reading.take(variables.listen);
  const role = reading.take(variables.role);
  const dataDir = reading.take(variables.dataDir);
  const auditDir = reading.take(variables.auditDir);
  const logLevel = reading.take(variables.logLevel);
  const rateLimit = reading.take(variables.rateLimit);
  const statusListSize = reading.take(variables.statusListSize);
  const adminListen = reading.take(variables.adminListen);
  const databaseUrl = reading.take(variables.databaseUrl);
  const databasePool = reading.take(variables.databasePool);
  const masterKey = reading.take(variables.masterKey);
  const adminToken = reading.take(variables.adminToken);
  const policyPath = reading.take(variables.policy);
  const drainS = reading.take(variables.drain);
  const tls = reading.takeTls(url);
  reading.judge(variables.server);
  reading.judge(variables.token);
  reading.judge(variables.sidecarToken);
  reading.judge(variables.eventsToken);
  reading.judge(variables.syncClientId);
  reading.judge(variables.syncClientSecret);
  reading.compare(listen, adminListen);
  return reading.end(() => ({
    url: present(url),
    origin: new URL(present(url)).origin,
    listen: present(listen),
    adminListen,
    tls,
    role: present(role),
    dataDir: present(dataDir),
    auditDir,
    databaseUrl,
    databasePool: present(databasePool),
    masterKey,
    adminToken,
    logLevel: present(logLevel),
    rateLimit: present(rateLimit),
    statusListSize: present(statusListSize),
    policyPath,
    drainMs: present(drainS) * 1_000,
  }));
}

/** Where the audit journal and the checkpoints are kept, given where the data really is. */
export function auditDirOf({ auditDir }: Pick<Settings, 'auditDir'>, dataDir: string): string {
  return resolve(auditDir ?? join(dataDir, 'audit'));
}

/** The settings of a command that calls the service; faults of other variables do not matter to it. */
export function readClientSettings(env: Environment): Parsed<ClientSettings> {
  const reading = new Reading(env);
  reading.refuseUnknown();
  const server = reading.take(variables.server);
  const token = reading.take(variables.token);
  return reading.end(() => ({ server: present(server), token }));
}

/** The settings of the verifier sidecar; faults of other variables do not matter to it. */
export function readSidecarSettings(env: Environment): Parsed<SidecarSettings> {
  const reading = new Reading(env);
  reading.refuseUnknown();
  const policyPath = reading.take(variables.policy);
  const sidecarToken = reading.take(variables.sidecarToken);
  const eventsToken = reading.take(variables.eventsToken);
  return reading.end(() => ({ policyPath, sidecarToken, eventsToken }));
}

/** The settings of `sync`; faults of other variables do not matter to it. */
export function readSyncSettings(env: Environment): Parsed<SyncSettings> {
  const reading = new Reading(env);
  reading.refuseUnknown();
  const policyPath = reading.take(variables.policy);
  const syncClientId = reading.take(variables.syncClientId);
  const syncClientSecret = reading.take(variables.syncClientSecret);
  return reading.end(() => ({ policyPath, syncClientId, syncClientSecret }));
}

/** Every variable with its value and where that comes from, for people to read. */
export function describeSettings(env: Environment): readonly SettingLine[] {
  return variableList.map((variable) => {
    const found = textOf(env, variable);
    const text = found.ok ? found.value.text : null;
    const source = found.ok ? found.value.source : sourceOf(env, variable);
    const hidden = variable.secret && text !== null;
    return { name: variable.name, value: hidden ? '[secret]' : text, source };
  });
}

/** Reads variables one by one and keeps every fault, so that one start shows them all. */
class Reading {
  readonly #env: Environment;
  readonly #faults: Fault[] = [];

  constructor(env: Environment) {
    this.#env = env;
  }

  refuseUnknown(): void {
    const known = new Set(variableList.flatMap(({ name }) => [name, `${name}_FILE`]));
    const unknown = Object.keys(this.#env)
      .filter((name) => ours.test(name) && !injected.test(name) && !known.has(name))
      .sort();
    for (const name of unknown) this.#add(name, 'unknown', 'there is no such setting');
  }

  /** The value; undefined when the variable is unset without a fallback, or after a fault. */
  take<Value>(variable: Variable<Value>): Value | undefined {
    const found = textOf(this.#env, variable);
    if (!found.ok) return this.#refuse(variable.name, found.faults);
    if (found.value.text === null) return undefined;
    const parsed = variable.read(found.value.text);
    return parsed.ok ? parsed.value : this.#refuse(variable.name, parsed.faults);
  }

  /**
   * Faults of a setting that only other commands use. A file that is not there is none: the first
   * token is written by the start itself, and is lost with the data directory that a restore replaces.
   */
  judge(variable: Variable<unknown>): void {
    const path = this.#env[`${variable.name}_FILE`];
    const isAbsent = this.#env[variable.name] === undefined && path !== undefined;
    if (!isAbsent || existsSync(path)) this.take(variable);
  }

  takeTls(url: string | undefined): Settings['tls'] {
    const cert = this.take(variables.tlsCert);
    const key = this.take(variables.tlsKey);
    if (cert === undefined && key === undefined) return undefined;
    if (cert === undefined || key === undefined) {
      const absent = cert === undefined ? variables.tlsCert : variables.tlsKey;
      return this.#add(absent.name, 'incomplete', 'certificate and key come together');
    }
    if (url?.startsWith('http:')) {
      this.#add(variables.url.name, 'conflict', 'must be https when we serve TLS ourselves');
    }
    const fault = tlsFault(cert, key);
    return fault === null ? { cert, key } : this.#add(variables.tlsCert.name, 'unusable', fault);
  }

  compare(listen: ListenAddress | undefined, admin: ListenAddress | undefined): void {
    const same = listen?.host === admin?.host && listen?.port === admin?.port;
    if (admin === undefined || !same || admin.port === 0) return;
    this.#add(variables.adminListen.name, 'conflict', 'must differ from SEALWRIGHT_LISTEN');
  }

  end<Value>(build: () => Value): Parsed<Value> {
    return this.#faults.length === 0 ? accepted(build()) : refusedAll(this.#faults);
  }

  #refuse(name: string, faults: readonly Fault[]): undefined {
    for (const { rule, detail } of faults) this.#add(name, rule, detail);
  }

  #add(pointer: string, rule: string, detail: string): undefined {
    this.#faults.push({ pointer, rule, detail });
  }
}

interface FoundText {
  readonly text: string | null;
  readonly source: SettingLine['source'];
}

/** The text of a variable: its own, that of the file that `…_FILE` names, or the fallback. */
function textOf(env: Environment, variable: Variable<unknown>): Parsed<FoundText> {
  const text = env[variable.name];
  const path = env[`${variable.name}_FILE`];
  if (text !== undefined && path !== undefined) {
    return refusedAll([fault('ambiguous', `set it or ${variable.name}_FILE, not both`)]);
  }
  if (path !== undefined) return textOfFile(`${variable.name}_FILE`, path);
  if (text === '') return refusedAll([fault('empty', 'is empty: give it a value or unset it')]);
  if (text !== undefined) return accepted({ text, source: 'environment' });
  const source = variable.fallback === null ? 'unset' : 'default';
  return accepted({ text: variable.fallback, source });
}

function textOfFile(name: string, path: string): Parsed<FoundText> {
  try {
    const text = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    if (text === '') return refusedAll([fault('empty', `the file that ${name} names is empty`)]);
    return accepted({ text, source: 'file' });
  } catch (cause) {
    return refusedAll([fault('unreadable', `the file that ${name} names: ${codeOf(cause)}`)]);
  }
}

function tlsFault(cert: string, key: string): string | null {
  try {
    createSecureContext({ cert: readFileSync(cert), key: readFileSync(key) });
    return null;
  } catch (cause) {
    return `certificate and key cannot be used: ${codeOf(cause)}`;
  }
}

function sourceOf(env: Environment, variable: Variable<unknown>): SettingLine['source'] {
  return env[`${variable.name}_FILE`] === undefined ? 'environment' : 'file';
}

/** The code of a system or OpenSSL error: its message could hold what was read. */
function codeOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : 'unknown fault';
}

function fault(rule: string, detail: string): Fault {
  return { pointer: '', rule, detail };
}

function present<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new TypeError('A setting with a fallback has a value.');
  return value;
}
