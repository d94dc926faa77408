import { SealwrightError } from '../kernel/sealwright-error.ts';
import {
  type DocumentHome,
  type DocumentMediaType,
  type DocumentState,
  keptPath,
  type PublicDocument,
} from '../publication/public-document.ts';
import type {
  HeldVersion,
  Publications,
  PublicDocumentReader,
  PublicDocumentStore,
  PublishOrder,
} from '../publication/public-document-store.ts';
import type { Connection } from './client.ts';
import { refuseDuplicate } from './database-error.ts';
import { Prisma, type PublicDocument as Row } from './generated/client.ts';

const columns = Prisma.sql`
  path, version, state, media_type AS "mediaType", body, sha256, cache_control AS "cacheControl",
  expires_at AS "expiresAt", link, keeps_versions AS "keepsVersions", published_at AS "publishedAt"`;

/** A row as it is read: in which transaction it was written concerns the feed alone. */
type DocumentRow = Omit<Row, 'publishedIn'>;

/** The present version of a path, without its octets. */
type Present = Omit<DocumentRow, 'body'>;

/** One publication, or nothing but the place in the feed. */
interface FeedRow {
  readonly low: string;
  readonly isSetBack: boolean;
  readonly path: string | null;
  readonly version: number | null;
}

/** Published documents, the newest version of a path first. */
export class PostgresPublicDocumentReader implements PublicDocumentReader {
  protected readonly db: Connection;
  protected readonly place: DocumentHome;

  constructor(db: Connection, place: DocumentHome = {}) {
    this.db = db;
    this.place = place;
  }

  async find(path: string): Promise<PublicDocument | null> {
    const row = await this.db.publicDocument.findFirst({
      where: { path: keptPath(path, this.place) },
      orderBy: { version: 'desc' },
      omit: { publishedIn: true },
    });
    return row === null ? null : toPublicDocument(row);
  }

  async listNewer(held: readonly HeldVersion[]): Promise<readonly PublicDocument[]> {
    const rows = await this.db.$queryRaw<DocumentRow[]>`
      SELECT present.* FROM unnest(
        ${held.map(({ path }) => path)}::text[],
        ${held.map(({ version }) => version)}::int[]) AS held (held_path, held_version)
      CROSS JOIN LATERAL (
        SELECT ${columns} FROM public_documents WHERE path = held_path
         ORDER BY version DESC LIMIT 1) present
       WHERE present.version > held_version`;
    return rows.map(toPublicDocument);
  }

  /**
   * A transaction that was over before the oldest one still running was seen by who asked then. Rows
   * of a database that was moved here carry numbers of its former server, which may be in the future.
   */
  async listPublished(since: string | null): Promise<Publications> {
    const rows = await this.db.$queryRaw<FeedRow[]>`
      WITH place AS (
        SELECT pg_snapshot_xmin(now)::text::bigint AS low, pg_snapshot_xmax(now)::text::bigint AS high
          FROM pg_current_snapshot() AS now)
      SELECT low::text, coalesce(high < ${since}::bigint, false) AS "isSetBack", path, version
        FROM place LEFT JOIN LATERAL (
          SELECT path, max(version) AS version FROM public_documents
           WHERE published_in >= ${since}::bigint AND published_in < high
           GROUP BY path) published ON true`;
    const [first] = rows;
    if (first === undefined) throw new TypeError('A snapshot has its bounds.');
    const published = rows.flatMap(({ path, version }) =>
      path === null || version === null ? [] : [{ path, version }],
    );
    return { published: first.isSetBack ? null : published, upTo: first.low };
  }

  async listPresent(after: string, limit: number): Promise<readonly HeldVersion[]> {
    return this.db.$queryRaw<HeldVersion[]>`
      SELECT path, max(version) AS version FROM public_documents WHERE path > ${after}
       GROUP BY path ORDER BY path LIMIT ${limit}`;
  }

  /** Its first migration has a number that was drawn by lot. */
  async readSource(): Promise<string> {
    const [row] = await this.db.$queryRaw<{ readonly id: string }[]>`
      SELECT id FROM _prisma_migrations ORDER BY started_at, id LIMIT 1`;
    return row?.id ?? '';
  }

  async listVersions(pathPrefix: string, limit: number): Promise<readonly PublicDocument[]> {
    const rows = await this.db.$queryRaw<DocumentRow[]>`
      SELECT ${columns} FROM public_documents WHERE starts_with(path, ${keptPath(pathPrefix, this.place)})
       ORDER BY published_at DESC, version DESC, path LIMIT ${limit}`;
    return rows.map(toPublicDocument);
  }
}

/** Adds versions and rewrites none; documents that keep no versions lose their former ones. */
export class PostgresPublicDocumentStore
  extends PostgresPublicDocumentReader
  implements PublicDocumentStore
{
  readonly #onPublished: (documents: readonly PublicDocument[]) => void;

  /** `onPublished` hears what is written, before it is known whether it becomes durable. */
  constructor(
    db: Connection,
    onPublished: (documents: readonly PublicDocument[]) => void,
    place: DocumentHome = {},
  ) {
    super(db, place);
    this.#onPublished = onPublished;
  }

  async publishAll(orders: readonly PublishOrder[]): Promise<readonly PublicDocument[]> {
    const drafts = orders.map((order) => ({ ...order, path: keptPath(order.path, this.place) }));
    const present = await this.#readPresent(drafts.map(({ path }) => path));
    const published = drafts
      .filter((draft) => isNews(draft, present.get(draft.path)))
      .map((draft) => ({ ...draft, version: (present.get(draft.path)?.version ?? 0) + 1 }));
    if (published.length === 0) return [];
    await this.#insert(published);
    await this.#forget(published.flatMap(({ path }) => present.get(path) ?? []));
    this.#onPublished(published);
    return published;
  }

  async #readPresent(paths: readonly string[]): Promise<ReadonlyMap<string, Present>> {
    const rows = await this.db.$queryRaw<Present[]>`
      SELECT DISTINCT ON (path) path, version, state, media_type AS "mediaType", sha256,
             cache_control AS "cacheControl", expires_at AS "expiresAt", link,
             keeps_versions AS "keepsVersions", published_at AS "publishedAt"
        FROM public_documents WHERE path = ANY(${paths}) ORDER BY path, version DESC`;
    return new Map(rows.map((row) => [row.path, row]));
  }

  /**
   * The primary key stops two transactions that publish the same version of a path. The octets
   * travel as one value, from which each row cuts its own: an array of them would be sent as text.
   */
  async #insert(documents: readonly PublicDocument[]): Promise<void> {
    const column = <Value>(read: (document: PublicDocument) => Value) => documents.map(read);
    const sizes = column(({ body }) => body.byteLength);
    await refuseDuplicate(
      this.db.$executeRaw`
        INSERT INTO public_documents (path, version, state, media_type, sha256, cache_control,
          expires_at, link, keeps_versions, published_at, body)
        SELECT path, version, state, media_type, sha256, cache_control, expires_at, link,
               keeps_versions, published_at,
               substr(${Buffer.concat(column(({ body }) => body))}::bytea, start, size)
          FROM unnest(
            ${column(({ path }) => path)}::text[],
            ${column(({ version }) => version)}::int[],
            ${column(({ state }) => state)}::text[],
            ${column(({ mediaType }) => mediaType)}::text[],
            ${column(({ sha256 }) => sha256)}::text[],
            ${column(({ cacheControl }) => cacheControl)}::text[],
            ${column(({ expiresAt }) => expiresAt)}::timestamptz[],
            ${column(({ link }) => link)}::text[],
            ${column(({ keepsVersions }) => keepsVersions)}::bool[],
            ${column(({ publishedAt }) => publishedAt)}::timestamptz[],
            ${startsOf(sizes)}::int[],
            ${sizes}::int[])
          AS documents (path, version, state, media_type, sha256, cache_control, expires_at, link,
            keeps_versions, published_at, start, size)`,
      () => new SealwrightError('conflict-retry', 'A document was published at the same time.'),
    );
  }

  async #forget(replaced: readonly Present[]): Promise<void> {
    const paths = replaced.filter(({ keepsVersions }) => !keepsVersions).map(({ path }) => path);
    if (paths.length === 0) return;
    await this.db.$executeRaw`
      DELETE FROM public_documents old USING public_documents present
       WHERE old.path = ANY(${paths}) AND NOT old.keeps_versions
         AND present.path = old.path AND present.version > old.version`;
  }
}

/** Where each of several values begins when they follow one another, counted from 1 as in SQL. */
function startsOf(sizes: readonly number[]): readonly number[] {
  let next = 1;
  return sizes.map((size) => {
    next += size;
    return next - size;
  });
}

/** Whether the draft differs from the present version in octets, headers or state. */
function isNews(draft: PublishOrder, present: Present | undefined): boolean {
  if (present === undefined) return draft.state === 'live';
  return (
    draft.sha256 !== present.sha256 ||
    draft.state !== present.state ||
    draft.mediaType !== present.mediaType ||
    draft.cacheControl !== present.cacheControl ||
    draft.link !== present.link ||
    draft.expiresAt?.getTime() !== present.expiresAt?.getTime()
  );
}

function toPublicDocument(row: DocumentRow): PublicDocument {
  return {
    ...row,
    state: row.state as DocumentState,
    mediaType: row.mediaType as DocumentMediaType,
  };
}
