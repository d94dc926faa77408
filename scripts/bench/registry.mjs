// The registry under measurement: the service as it is started in production, with its embedded
// PostgreSQL, in this process and on a free port of loopback.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { readSettings } from '../../dist/config/settings.js';
import { createService } from '../../dist/service.js';
import { freePort } from '../free-port.mjs';
import { rateOver } from './measure.mjs';
import { orders } from './papers.mjs';

const enrolledAtOnce = 16;

/**
 * @param {string} folder where its data directory goes
 * @param {string} url its public URL, where something in front of it ends TLS; else its own
 */
export async function startRegistry(folder, url) {
  const port = await freePort();
  const token = `swt_${randomBytes(32).toString('base64url')}`;
  const settings = readSettings({
    SEALWRIGHT_URL: url ?? `http://localhost:${port}`,
    SEALWRIGHT_LISTEN: `127.0.0.1:${port}`,
    SEALWRIGHT_DATA_DIR: join(folder, 'registry'),
    SEALWRIGHT_ADMIN_TOKEN: token,
    SEALWRIGHT_LOG_LEVEL: 'error',
  });
  if (!settings.ok) throw new Error(JSON.stringify(settings.faults));
  const service = await createService(settings.value);
  const caller = {
    organizationId: service.organization.id,
    actor: { kind: 'system', id: 'bench' },
  };
  let agents = 0;

  /** Enrols an agent whose key is given out. */
  async function enrolWithKey() {
    agents += 1;
    return service.registry.enrolAgent({
      ...caller,
      handle: `bot-${agents}`,
      kind: 'agent',
      name: `Bot ${agents}`,
      owners: ['owner@acme.example'],
      key: { custody: 'issued' },
    });
  }

  /** Enrols an agent. */
  async function enrol() {
    const { agent } = await enrolWithKey();
    return agent;
  }

  return {
    url: settings.value.url,
    token,
    listensAt: `http://localhost:${port}`,
    enrol,
    enrolWithKey,
    /** Issues one paper through the use case; resolves when it is durable and published. */
    issue: ({ handle, order }) =>
      service.registry.issueCredential({ ...caller, ...order, handle, reason: 'bench' }),
    /**
     * Work for at least so many issues: new agents, and for each the papers of an onboarding. Papers
     * of one agent are far apart, so that those in flight at the same time are different agents'.
     */
    async planIssues(atLeast) {
      const enrolled = [];
      const places = Array.from({ length: Math.ceil(atLeast / orders.length) });
      const add = async () => enrolled.push(await enrol());
      await rateOver(add, { items: places, parallel: enrolledAtOnce });
      return orders.flatMap((order) => enrolled.map(({ handle }) => ({ handle, order })));
    },
    stop: () => service[Symbol.asyncDispose](),
  };
}
