import type { RequestListener } from 'node:http';
import type { Settings } from '../config/settings.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { countDocuments } from './count-documents.ts';
import type { Planes } from './listeners.ts';
import { createPublicPlane, type DocumentSource, type PublicPlaneDeps } from './public-plane.ts';

/** The documents and the application that the listeners are given shares of. */
export interface PlanesDeps extends Omit<PublicPlaneDeps, 'next'> {
  /** The API and health. */
  readonly app: RequestListener;
  readonly metrics: Pick<Metrics, 'countDocument'>;
}

/**
 * Decides what each listener serves. With an admin listener the public one serves documents and
 * nothing else; the role `admin` serves no documents at all.
 */
export function arrangePlanes(
  settings: Pick<Settings, 'adminListen' | 'role'>,
  deps: PlanesDeps,
): Planes {
  const split = settings.adminListen !== undefined;
  const documents = settings.role === 'admin' ? noDocuments : deps.documents;
  return {
    public: countDocuments(
      createPublicPlane({ ...deps, documents, next: split ? null : deps.app }),
      deps.metrics,
    ),
    admin: split ? deps.app : null,
  };
}

const noDocuments: DocumentSource = { peek: () => undefined, read: async () => null };
