/** Why a text is not plain YAML, one line for each place. */
export class YamlFault extends Error {
  override readonly name = 'YamlFault';
  readonly places: readonly string[];

  constructor(places: readonly string[]) {
    super(places.join('; '));
    this.places = places;
  }
}

/** Turns YAML (or JSON) texts into plain data; throws a `YamlFault` for what is neither. */
export async function createYamlParser(): Promise<(text: string) => unknown> {
  const { parseDocument } = await import('yaml');
  return (text) => {
    // The core schema has no timestamps, so that moments stay text.
    const document = parseDocument(text, { schema: 'core', strict: true, uniqueKeys: true });
    if (document.errors.length > 0) {
      throw new YamlFault(document.errors.map(({ message }) => message.split('\n')[0] ?? ''));
    }
    try {
      return document.toJS({ maxAliasCount: 0 });
    } catch {
      // Aliases could multiply content.
      throw new YamlFault(['aliases are not read']);
    }
  };
}
