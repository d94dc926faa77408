-- Adds only: a column with a default and an index, which the release before does not name.
-- AlterTable: without a default at first, or every row would be written anew under a lock.
ALTER TABLE "public_documents" ADD COLUMN     "published_in" BIGINT;
ALTER TABLE "public_documents" ALTER COLUMN "published_in" SET DEFAULT ((pg_current_xact_id())::text)::bigint;

-- CreateIndex
CREATE INDEX "public_documents_published_in_idx" ON "public_documents"("published_in");
