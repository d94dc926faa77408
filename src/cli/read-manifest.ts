import { dirname, resolve } from 'node:path';
import type { Manifest, ManifestAgent } from '../manifest/manifest.ts';
import { holdsPrivateKey } from '../protocol/jwk.ts';
import { type JsonObject, type JsonValue, parseStrictJson } from '../protocol/strict-json.ts';
import type { Parameter } from './command.ts';
import { createYamlParser, YamlFault } from './create-yaml-parser.ts';
import { usageFailure } from './failure.ts';
import { nameOf, readJsonObject, readOctets } from './read-file.ts';
import type { Terminal } from './terminal.ts';
import { linesOf } from './usable.ts';

/** Some ten thousand agents; a file beyond this is not read any further. */
const maxBytes = 4 * 1024 * 1024;
const maxAgents = 10_000;
/** As many faults as somebody reads. */
const mostFaults = 50;

/** For the commands that read a manifest. */
export const manifestOption: Parameter = {
  form: '-f, --file <file>',
  help: 'agents.yaml (YAML or JSON); "-" reads standard input',
  required: true,
};

/**
 * The manifest in a YAML (or JSON) file, with the keys in it that are files. A usage failure names
 * every place that is wrong.
 */
export async function readManifest(path: string, terminal: Terminal): Promise<Manifest> {
  const octets = await readOctets(path, { terminal, maxBytes });
  if (octets === undefined) {
    throw usageFailure(`${nameOf(path)} is larger than ${maxBytes} octets; no more is read.`);
  }
  const data = await readData(path, new TextDecoder().decode(octets));
  const { parseManifest } = await import('../manifest/parse-manifest.ts');
  const parsed = parseManifest(data, { maxAgents });
  if (!parsed.ok) {
    const lines = linesOf(parsed.faults.slice(0, mostFaults));
    const more = parsed.faults.length - lines.length;
    throw usageFailure(`The manifest ${path} is not usable.`, [
      ...lines,
      ...(more > 0 ? [`and ${more} more`] : []),
    ]);
  }
  const folder = path === '-' ? '.' : dirname(path);
  const agents = await Promise.all(
    parsed.value.agents.map((agent) => withKey(agent, { folder, terminal })),
  );
  return { agents };
}

/** What YAML can say and JSON cannot, and what JSON readers understand differently, is refused too. */
async function readData(path: string, text: string): Promise<JsonValue> {
  const parse = await createYamlParser();
  try {
    const json = parseStrictJson(JSON.stringify(parse(text)));
    if (json.ok) return json.value;
    throw new YamlFault(json.faults.map(({ detail }) => detail));
  } catch (error) {
    const places = error instanceof YamlFault ? error.places.slice(0, mostFaults) : [];
    throw usageFailure(`The manifest ${path} is not YAML that can be used.`, places);
  }
}

async function withKey(
  { jwkFile, ...agent }: ManifestAgent,
  place: { readonly folder: string; readonly terminal: Terminal },
): Promise<ManifestAgent> {
  if (jwkFile === undefined) return agent;
  const jwk: JsonObject = await readJsonObject(resolve(place.folder, jwkFile), place.terminal);
  if (!holdsPrivateKey(jwk)) return { ...agent, jwk };
  throw usageFailure(`The key file ${jwkFile} of ${agent.handle} holds a private key.`, [
    'name a file with the public half alone: a private key never leaves its owner',
  ]);
}
