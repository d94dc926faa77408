-- AlterTable
ALTER TABLE "organizations" ADD COLUMN     "standing" TEXT NOT NULL DEFAULT 'former';
ALTER TABLE "organizations" ALTER COLUMN "standing" SET DEFAULT 'member';

-- AlterTable
ALTER TABLE "api_tokens" ADD COLUMN     "platform" BOOLEAN NOT NULL DEFAULT false;

-- Until now only a start made organizations: it moved to another URL as long as there was no agent.
-- The first one is that with agents, or the newest.
UPDATE "organizations" SET "standing" = 'first'
 WHERE "id" = (
   SELECT o."id" FROM "organizations" o
    ORDER BY EXISTS (SELECT 1 FROM "agents" a WHERE a."organization_id" = o."id") DESC, o."id" DESC
    LIMIT 1);

-- Platform tokens are those that the service itself made at a start, as the audit trail has it.
UPDATE "api_tokens" SET "platform" = true
 WHERE "team" IS NULL AND "agent_id" IS NULL AND "id" IN (
   SELECT "subject" FROM "audit_records"
    WHERE "action" = 'token.created'
      AND "body"::jsonb #>> '{actor,kind}' = 'system'
      AND "body"::jsonb #>> '{actor,id}' = 'service');
