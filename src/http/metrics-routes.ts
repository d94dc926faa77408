import { Router } from 'express';
import type { Registry } from '../journeys/registry.ts';

/** The text format of Prometheus, version 0.0.4. */
const mediaType = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * `/metrics` counts what needs somebody, as of now. It takes no token, so it says no names: a rule
 * is labelled by its id, which a renaming leaves alone.
 */
export function metricsRoutes(
  registry: Pick<Registry, 'countFindings' | 'countOrphans' | 'auditState'>,
): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router.get('/metrics', async (_request, response) => {
    const [rules, orphans, audit] = await Promise.all([
      registry.countFindings(),
      registry.countOrphans(),
      registry.auditState(),
    ]);
    const families = [
      gauge(
        'sealwright_rule_findings',
        'Agents that do not meet a rule.',
        rules.map(({ ruleId, open }) => ({ labels: `{rule="${ruleId}"}`, value: open })),
      ),
      gauge('sealwright_orphans', 'Agents all of whose owners departed.', [
        { labels: '', value: orphans },
      ]),
      gauge('sealwright_audit_records', 'Records of the audit trail.', [
        { labels: '', value: audit.records },
      ]),
      gauge('sealwright_audit_checkpoint_records', 'Records that the last checkpoint has.', [
        { labels: '', value: audit.covered },
      ]),
      gauge(
        'sealwright_audit_checkpoints_stopped',
        '1 while the audit trail contradicts what was signed before, and nothing is signed.',
        [{ labels: '', value: audit.contradicts ? 1 : 0 }],
      ),
    ];
    response.setHeader('Content-Type', mediaType);
    response.end(`${families.flat().join('\n')}\n`);
  });
  return router;
}

function gauge(
  name: string,
  help: string,
  samples: readonly { readonly labels: string; readonly value: number }[],
): readonly string[] {
  const lines = samples.map(({ labels, value }) => `${name}${labels} ${value}`);
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...lines];
}
