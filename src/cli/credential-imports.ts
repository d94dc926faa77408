import { rowsOf, textIn } from './api-client.ts';
import type { Command } from './command.ts';
import { renderTable } from './paint.ts';
import { serverOption } from './server-option.ts';

/** With what was last found of each: `undetermined` is not known, and not as good as accepted. */
export const credentialImports: Command = {
  words: 'credential imports',
  summary: 'list what others say of an agent, and whether it holds',
  example: 'credential imports billing-bot',
  arguments: [{ form: '<handle>', help: 'the agent' }],
  options: [serverOption],
  run: async (call) => {
    const path = `/agents/${encodeURIComponent(call.argument(0))}/imports`;
    const imports = rowsOf(await call.api().call({ method: 'GET', path }));
    const names = ['id', 'state', 'cause', 'issuer', 'validUntil', 'checkedAt'];
    return call.print(imports, () =>
      renderTable(
        ['ID', 'STATE', 'CAUSE', 'ISSUER', 'UNTIL', 'CHECKED'],
        imports.map((one) => names.map((name) => textIn(one, name))),
      ),
    );
  },
};
