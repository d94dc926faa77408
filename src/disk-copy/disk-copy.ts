import { mkdir, open, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { DocumentCopy } from '../publication/document-copy.ts';
import type { PublicDocument } from '../publication/public-document.ts';
import { decodeRecord, encodeRecord, scanRecords } from './record.ts';
import { Segment, syncFolder } from './segment.ts';

const segmentName = /^(\d{8})\.docs$/;
const sourceName = 'source';
const segmentBytes = 32 * 1024 * 1024;
/** So many bytes of former versions may lie about before files with many of them are cleared. */
const slackBytes = 64 * 1024 * 1024;
/** What waits to be written takes at most this much memory; beyond that the copy falls behind. */
const mostWaitingBytes = 64 * 1024 * 1024;
const batchBytes = 4 * 1024 * 1024;
const mostMovedTogether = 500;
/** What is published within this time is written together. */
const gatherMs = 200;

interface Place {
  readonly segment: Segment;
  readonly offset: number;
  readonly length: number;
  readonly version: number;
}

/** A record that is to be added. */
interface Entry {
  readonly path: string;
  readonly version: number;
  readonly record: Buffer;
}

/** Where the copy is kept, and who hears that it cannot be. */
export interface DiskCopyOptions {
  readonly folder: string;
  /** Hears the first failure to write, and null once writing works again. */
  readonly onTrouble: (error: unknown) => void;
  /** For tests: how large a file grows. */
  readonly segmentBytes?: number;
  readonly slackBytes?: number;
}

/**
 * The copy of all public documents on disk: files of records that are only ever added to, with an
 * index in memory that is read from them at the start. A version is added when it is newer than the
 * one that is kept; files that hold mostly former versions are cleared. A record is believed when
 * its sha-256 is right, so a file that was cut off or damaged loses that part and no more.
 */
export class DiskCopy implements DocumentCopy, AsyncDisposable {
  readonly #options: Required<DiskCopyOptions>;
  readonly #places = new Map<string, Place>();
  readonly #waiting = new Map<string, PublicDocument>();
  readonly #segments: Segment[] = [];
  #active: Segment | null = null;
  #lastNumber = 0;
  #waitingBytes = 0;
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();
  #isInStep = false;
  #lacksSome = true;
  #isTroubled = false;
  #source: string | null = null;

  private constructor(options: DiskCopyOptions) {
    this.#options = { segmentBytes, slackBytes, ...options };
  }

  /** Reads the index of what was kept before. Throws when the folder cannot be used. */
  static async open(options: DiskCopyOptions): Promise<DiskCopy> {
    const copy = new DiskCopy(options);
    await mkdir(options.folder, { recursive: true, mode: 0o700 });
    const names = (await readdir(options.folder)).filter((name) => segmentName.test(name));
    for (const name of names.toSorted()) await copy.#adopt(name);
    copy.#source = await readFile(join(options.folder, sourceName), 'utf8').catch(() => null);
    return copy;
  }

  get isInStep(): boolean {
    return this.#isInStep;
  }

  get size(): number {
    return this.#places.size + [...this.#waiting.keys()].filter((p) => !this.#places.has(p)).length;
  }

  versionOf(path: string): number {
    return this.#waiting.get(path)?.version ?? this.#places.get(path)?.version ?? 0;
  }

  *paths(): Iterable<string> {
    yield* this.#places.keys();
    for (const path of this.#waiting.keys()) if (!this.#places.has(path)) yield path;
  }

  async find(path: string): Promise<PublicDocument | null> {
    const waiting = this.#waiting.get(path);
    if (waiting !== undefined) return waiting;
    const place = this.#places.get(path);
    if (place === undefined) return null;
    const document = await readPlace(place);
    if (document?.path === path) return document;
    // Its file may have been cleared while it was read: then it stands elsewhere.
    if (this.#places.get(path) !== place) return this.find(path);
    this.#forget(path);
    this.doubt();
    return null;
  }

  keep(documents: readonly PublicDocument[]): void {
    for (const document of documents) {
      if (document.version <= this.versionOf(document.path)) continue;
      this.#unwait(document.path);
      this.#waiting.set(document.path, document);
      this.#waitingBytes += document.body.byteLength;
    }
    if (this.#waitingBytes > mostWaitingBytes) this.#giveUpWaiting();
    if (this.#waiting.size > 0) this.#timer ??= setTimeout(() => void this.flush(), gatherMs);
  }

  async flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#writing = this.#writing.then(() => this.#write());
    await this.#writing;
  }

  drop(paths: readonly string[]): void {
    for (const path of paths) {
      this.#unwait(path);
      this.#forget(path);
    }
  }

  doubt(): void {
    this.#isInStep = false;
    this.#lacksSome = true;
  }

  beginComparison(): void {
    this.#lacksSome = false;
  }

  async endComparison(): Promise<void> {
    await this.flush();
    this.#isInStep = !this.#lacksSome;
  }

  async belongTo(source: string): Promise<void> {
    if (this.#source === source) return;
    await this.flush();
    this.drop([...this.paths()]);
    for (const segment of this.#segments.splice(0)) await segment.remove();
    this.#active = null;
    const path = join(this.#options.folder, sourceName);
    await replaceFile(path, source);
    await syncFolder(this.#options.folder);
    this.#source = source;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.flush();
    for (const segment of this.#segments.splice(0)) await segment.close();
  }

  async #adopt(name: string): Promise<void> {
    this.#lastNumber = Math.max(this.#lastNumber, Number(segmentName.exec(name)?.[1]));
    const path = join(this.#options.folder, name);
    const opened = await Segment.open(path).catch(() => null);
    if (opened === null) return;
    const { segment, octets } = opened;
    this.#segments.push(segment);
    for (const { path, ...record } of scanRecords(octets))
      this.#place(path, { segment, ...record });
  }

  /** Notes where a version stands, unless a newer one is kept. */
  #place(path: string, place: Place): void {
    const former = this.#places.get(path);
    if (former !== undefined && former.version > place.version) return;
    if (former !== undefined) former.segment.live -= former.length;
    place.segment.live += place.length;
    this.#places.set(path, place);
  }

  #forget(path: string): void {
    const place = this.#places.get(path);
    if (place === undefined) return;
    place.segment.live -= place.length;
    this.#places.delete(path);
  }

  #unwait(path: string): void {
    this.#waitingBytes -= this.#waiting.get(path)?.body.byteLength ?? 0;
    this.#waiting.delete(path);
  }

  #giveUpWaiting(): void {
    this.#waiting.clear();
    this.#waitingBytes = 0;
    this.doubt();
  }

  async #write(): Promise<void> {
    if (this.#waiting.size === 0) return;
    try {
      while (this.#waiting.size > 0) await this.#writeBatch(this.#nextBatch());
      await this.#clear();
      if (this.#isTroubled) this.#options.onTrouble(null);
      this.#isTroubled = false;
    } catch (error) {
      // A file that was written to in part is not added to again: its end may be half a record.
      this.#active = null;
      this.#giveUpWaiting();
      if (!this.#isTroubled) this.#options.onTrouble(error);
      this.#isTroubled = true;
    }
  }

  #nextBatch(): readonly PublicDocument[] {
    const batch: PublicDocument[] = [];
    let bytes = 0;
    for (const document of this.#waiting.values()) {
      if (batch.length > 0 && bytes + document.body.byteLength > batchBytes) break;
      batch.push(document);
      bytes += document.body.byteLength;
    }
    return batch;
  }

  async #writeBatch(batch: readonly PublicDocument[]): Promise<void> {
    const entries = batch.map((document) => {
      const { path, version } = document;
      return { path, version, record: encodeRecord(document) };
    });
    await this.#add(entries);
    for (const document of batch) {
      if (this.#waiting.get(document.path) === document) this.#unwait(document.path);
    }
  }

  async #add(entries: readonly Entry[]): Promise<void> {
    const segment = await this.#activeSegment();
    let offset = await segment.append(Buffer.concat(entries.map(({ record }) => record)));
    for (const { path, version, record } of entries) {
      const length = record.byteLength;
      this.#place(path, { segment, offset, length, version });
      offset += length;
    }
  }

  async #activeSegment(): Promise<Segment> {
    if (this.#active !== null && this.#active.size < this.#options.segmentBytes)
      return this.#active;
    this.#lastNumber += 1;
    const name = `${String(this.#lastNumber).padStart(8, '0')}.docs`;
    this.#active = await Segment.create(join(this.#options.folder, name));
    this.#segments.push(this.#active);
    return this.#active;
  }

  /** Gives room back: files without a present version go, and one that holds few of them is emptied. */
  async #clear(): Promise<void> {
    const idle = this.#segments.filter((segment) => segment !== this.#active);
    for (const segment of idle.filter(({ live }) => live === 0)) await this.#remove(segment);
    const total = this.#segments.reduce((sum, { size }) => sum + size, 0);
    const live = this.#segments.reduce((sum, segment) => sum + segment.live, 0);
    if (total <= live * 2 + this.#options.slackBytes) return;
    const [emptiest] = idle
      .filter(({ live }) => live > 0)
      .toSorted((one, other) => one.live / one.size - other.live / other.size);
    if (emptiest !== undefined) await this.#empty(emptiest);
  }

  async #empty(segment: Segment): Promise<void> {
    let entries: Entry[] = [];
    const standing = [...this.#places].filter(([, place]) => place.segment === segment);
    for (const [path, { offset, length, version }] of standing) {
      const record = await segment.read(offset, length);
      if (decodeRecord(record) === null) continue;
      entries.push({ path, version, record });
      if (entries.length < mostMovedTogether) continue;
      await this.#add(entries);
      entries = [];
    }
    await this.#add(entries);
    const lost = [...this.#places].filter(([, place]) => place.segment === segment);
    for (const [path] of lost) this.#forget(path);
    if (lost.length > 0) this.doubt();
    await this.#remove(segment);
  }

  async #remove(segment: Segment): Promise<void> {
    this.#segments.splice(this.#segments.indexOf(segment), 1);
    await segment.remove();
  }
}

async function readPlace({ segment, offset, length }: Place): Promise<PublicDocument | null> {
  try {
    return decodeRecord(await segment.read(offset, length));
  } catch {
    return null;
  }
}

/** Writes beside, makes that durable, and puts it in place. */
async function replaceFile(path: string, text: string): Promise<void> {
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}
