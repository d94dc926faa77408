import type { TrustPolicy } from '../verifier/ports.ts';
import { usageFailure } from './failure.ts';
import { readText } from './read-file.ts';
import type { Terminal } from './terminal.ts';

/** The trust policy in a YAML (or JSON) file, or a usage failure with every fault in it. */
export async function readPolicy(path: string, terminal: Terminal): Promise<TrustPolicy> {
  const text = await readText(path, terminal);
  const [{ parseDocument }, { parseTrustPolicy }] = await Promise.all([
    import('yaml'),
    import('../verifier/index.ts'),
  ]);
  // The core schema has no timestamps, so that moments stay text; aliases could multiply content.
  const document = parseDocument(text, { schema: 'core', strict: true, uniqueKeys: true });
  if (document.errors.length > 0) {
    const places = document.errors.map(({ message }) => message.split('\n')[0] ?? '');
    throw usageFailure(`The policy ${path} is not YAML.`, places);
  }
  const parsed = parseTrustPolicy(document.toJS({ maxAliasCount: 0 }));
  if (parsed.ok) return parsed.value;
  const places = parsed.faults.map(({ pointer, detail }) => `${pointer} ${detail}`);
  throw usageFailure(`The policy ${path} is not usable.`, places);
}
