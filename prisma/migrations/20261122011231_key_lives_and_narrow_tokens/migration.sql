-- AlterTable
ALTER TABLE "api_tokens" ADD COLUMN     "agent_id" TEXT,
ADD COLUMN     "team" TEXT;

-- AlterTable
ALTER TABLE "credentials" ADD COLUMN     "key_id" TEXT;

-- Until now an organization had one signing key.
UPDATE "credentials" SET "key_id" = (
  SELECT "id" FROM "signing_keys"
   WHERE "signing_keys"."organization_id" = "credentials"."organization_id"
     AND "signing_keys"."purpose" = 'credential'
   ORDER BY "created_at" DESC, "id" DESC LIMIT 1);
ALTER TABLE "credentials" ALTER COLUMN "key_id" SET NOT NULL;

-- AlterTable
ALTER TABLE "signing_keys" ADD COLUMN     "listed_until" TIMESTAMPTZ(3),
ADD COLUMN     "revoked_at" TIMESTAMPTZ(3),
ADD COLUMN     "state_since" TIMESTAMPTZ(3);

-- The key of a retired agent stood as retired, and no document has it.
UPDATE "signing_keys" SET "state_since" = "created_at";
UPDATE "signing_keys" SET "state" = 'destroyed', "sealed" = NULL WHERE "state" = 'retired';
ALTER TABLE "signing_keys" ALTER COLUMN "state_since" SET NOT NULL;

-- CreateIndex
CREATE INDEX "credentials_key_id_valid_until_idx" ON "credentials"("key_id", "valid_until");
