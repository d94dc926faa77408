-- AlterTable
ALTER TABLE "credentials" ADD COLUMN     "renewal_of" TEXT,
ADD COLUMN     "renews_for_s" INTEGER,
ADD COLUMN     "series" TEXT;

-- What was issued before is a series of its own and runs out, as was said then.
UPDATE "credentials" SET "series" = "id";
ALTER TABLE "credentials" ALTER COLUMN "series" SET NOT NULL;

-- CreateIndex
CREATE INDEX "credentials_renewal_of_idx" ON "credentials"("renewal_of");
