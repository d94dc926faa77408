import type { TrustPolicy } from '../verifier/ports.ts';
import { createYamlParser, YamlFault } from './create-yaml-parser.ts';
import { usageFailure } from './failure.ts';
import { readText } from './read-file.ts';
import type { Terminal } from './terminal.ts';

/** The trust policy in a YAML (or JSON) file, or a usage failure with every fault in it. */
export async function readPolicy(path: string, terminal: Terminal): Promise<TrustPolicy> {
  const text = await readText(path, terminal);
  const [parse, { parseTrustPolicy }] = await Promise.all([
    createYamlParser(),
    import('../verifier/index.ts'),
  ]);
  const parsed = parseTrustPolicy(plainData(path, () => parse(text)));
  if (parsed.ok) return parsed.value;
  const places = parsed.faults.map(({ pointer, detail }) => `${pointer} ${detail}`);
  throw usageFailure(`The policy ${path} is not usable.`, places);
}

function plainData(path: string, parse: () => unknown): unknown {
  try {
    return parse();
  } catch (error) {
    const places = error instanceof YamlFault ? error.places : [];
    throw usageFailure(`The policy ${path} is not YAML.`, places);
  }
}
