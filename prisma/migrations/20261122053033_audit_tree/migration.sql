-- AlterTable
ALTER TABLE "audit_records" ADD COLUMN     "actor" TEXT,
ADD COLUMN     "request_id" TEXT;

-- CreateTable
CREATE TABLE "audit_tiles" (
    "level" INTEGER NOT NULL,
    "place" BIGINT NOT NULL,
    "hashes" BYTEA NOT NULL,

    CONSTRAINT "audit_tiles_pkey" PRIMARY KEY ("level","place")
);

-- CreateTable
CREATE TABLE "audit_checkpoints" (
    "size" BIGINT NOT NULL,
    "note" TEXT NOT NULL,
    "signed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "audit_checkpoints_pkey" PRIMARY KEY ("size")
);

-- CreateIndex
CREATE INDEX "audit_records_actor_sequence_idx" ON "audit_records"("actor", "sequence");

-- CreateIndex
CREATE INDEX "audit_records_request_id_idx" ON "audit_records"("request_id");

-- The text that was hashed stays as it is: members of canonical JSON stand in the order of their names.
UPDATE "audit_records" SET "actor" = substring("body" from '"actor":\{"id":"([^"\\]+)"');
