import { createHash } from 'node:crypto';
import type { PublicDocument } from '../publication/public-document.ts';

/** The first octets of each record; another layout begins otherwise. */
const mark = Buffer.from('SWD1');
const lengthsAt = mark.byteLength;
const digestAt = lengthsAt + 8;
const headBytes = digestAt + 32;

/** Where a record stands in its file, and what it is a version of. */
export interface FoundRecord {
  readonly offset: number;
  readonly length: number;
  readonly path: string;
  readonly version: number;
}

/** What stands before the octets of a document, as JSON. */
type DescriptionJson = Omit<PublicDocument, 'body' | 'expiresAt' | 'publishedAt'> & {
  readonly expiresAt: string | null;
  readonly publishedAt: string;
};

/** One document as it is kept: mark, two lengths, sha-256 of all that is not the mark, description, octets. */
export function encodeRecord({ body, ...description }: PublicDocument): Buffer {
  const described = Buffer.from(JSON.stringify(description));
  const record = Buffer.allocUnsafe(headBytes + described.byteLength + body.byteLength);
  mark.copy(record);
  record.writeUInt32BE(described.byteLength, lengthsAt);
  record.writeUInt32BE(body.byteLength, lengthsAt + 4);
  described.copy(record, headBytes);
  record.set(body, headBytes + described.byteLength);
  digestOf(record).copy(record, digestAt);
  return record;
}

/** The document of a record; null when a single bit of it is not as it was written. */
export function decodeRecord(record: Buffer): PublicDocument | null {
  const bodyAt = bodyPlace(record);
  if (bodyAt === null) return null;
  const { expiresAt, publishedAt, ...rest } = describe(record, bodyAt);
  return {
    ...rest,
    expiresAt: expiresAt === null ? null : new Date(expiresAt),
    publishedAt: new Date(publishedAt),
    body: new Uint8Array(record.subarray(bodyAt)),
  };
}

/** Every whole record of a file. What lies between them was damaged, or cut off, and is skipped. */
export function* scanRecords(octets: Buffer): Generator<FoundRecord> {
  let offset = octets.indexOf(mark);
  while (offset >= 0) {
    const length = lengthAt(octets, offset);
    const record = length === null ? null : octets.subarray(offset, offset + length);
    const bodyAt = record === null ? null : bodyPlace(record);
    if (record !== null && bodyAt !== null) {
      const { path, version } = describe(record, bodyAt);
      yield { offset, length: record.byteLength, path, version };
    }
    const next = record === null || bodyAt === null ? offset + 1 : offset + record.byteLength;
    offset = octets.indexOf(mark, next);
  }
}

function lengthAt(octets: Buffer, offset: number): number | null {
  if (octets.byteLength - offset < headBytes) return null;
  const described = octets.readUInt32BE(offset + lengthsAt);
  const length = headBytes + described + octets.readUInt32BE(offset + lengthsAt + 4);
  return length <= octets.byteLength - offset ? length : null;
}

/** Where the octets of the document begin; null when the record is not as it was written. */
function bodyPlace(record: Buffer): number | null {
  if (lengthAt(record, 0) !== record.byteLength) return null;
  if (!digestOf(record).equals(record.subarray(digestAt, headBytes))) return null;
  return headBytes + record.readUInt32BE(lengthsAt);
}

/** The digest said that these octets are ours. */
function describe(record: Buffer, bodyAt: number): DescriptionJson {
  return JSON.parse(record.toString('utf8', headBytes, bodyAt)) as DescriptionJson;
}

function digestOf(record: Buffer): Buffer {
  return createHash('sha256')
    .update(record.subarray(lengthsAt, digestAt))
    .update(record.subarray(headBytes))
    .digest();
}
