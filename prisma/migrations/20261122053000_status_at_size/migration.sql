-- AlterTable
ALTER TABLE "agents" ADD COLUMN     "renewal_due_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "status_entries" ADD COLUMN     "renewal_due_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "status_lists" ADD COLUMN     "last_end" TIMESTAMPTZ(3),
ADD COLUMN     "retired_at" TIMESTAMPTZ(3);

-- What there is gets its times.
UPDATE "status_lists" SET "last_end" = (
  SELECT max(c."valid_until") FROM "credentials" c WHERE c."status_list_id" = "status_lists"."id");

UPDATE "agents" SET "renewal_due_at" = passport."due_at"
  FROM (
    SELECT DISTINCT ON (c."agent_id") c."agent_id",
           date_trunc('milliseconds',
             c."valid_from" + (c."valid_until" - c."valid_from") * 2 / 3) AS "due_at"
      FROM "credentials" c
      JOIN "status_entries" s ON s."list_id" = c."status_list_id" AND s."index" = c."status_index"
     WHERE c."type" = 'passport' AND c."sealing" = 'sealed' AND s."revoked_at" IS NULL
     ORDER BY c."agent_id", c."created_at" DESC, c."id" DESC) passport
 WHERE passport."agent_id" = "agents"."id";

UPDATE "status_entries" s
   SET "renewal_due_at" = date_trunc('milliseconds',
         c."valid_from" + (c."valid_until" - c."valid_from") * 2 / 3)
  FROM "credentials" c
 WHERE s."list_id" = c."status_list_id" AND s."index" = c."status_index"
   AND c."renews_for_s" IS NOT NULL AND c."sealing" = 'sealed' AND s."revoked_at" IS NULL
   AND NOT EXISTS (
     SELECT FROM "credentials" r WHERE r."renewal_of" = c."id" AND r."sealing" = 'sealed');

-- Partial indexes: what the rounds look for is rare, and found without walking the rest.
CREATE INDEX "status_entries_exceptions" ON "status_entries"("list_id", "index")
 WHERE "revoked_at" IS NOT NULL OR "suspended_at" IS NOT NULL OR "agent_suspended_at" IS NOT NULL;

CREATE INDEX "agents_renewal_due" ON "agents"("renewal_due_at") WHERE "state" = 'active';

CREATE INDEX "agents_lagging" ON "agents"("id") WHERE "published_revision" < "papers_revision";

CREATE INDEX "agents_ending" ON "agents"("expires_at", "id") WHERE "state" <> 'retired';

CREATE INDEX "status_entries_renewal_due" ON "status_entries"("renewal_due_at")
 WHERE "renewal_due_at" IS NOT NULL;
