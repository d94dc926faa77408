-- CreateTable
CREATE TABLE "agent_state_changes" (
    "id" BIGSERIAL NOT NULL,
    "agent_id" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "since" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "agent_state_changes_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ended_suspensions" (
    "id" BIGSERIAL NOT NULL,
    "holder" TEXT NOT NULL,
    "cause" TEXT NOT NULL,
    "began_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "ended_suspensions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "credential_actions" (
    "credential_id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "agent_id" TEXT NOT NULL,
    "effect" TEXT NOT NULL,
    "scope" TEXT NOT NULL,
    "valid_until" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "credential_actions_pkey" PRIMARY KEY ("credential_id","effect","scope")
);

-- CreateIndex
CREATE INDEX "agent_state_changes_agent_id_since_id_idx" ON "agent_state_changes"("agent_id", "since", "id");

-- CreateIndex
CREATE INDEX "ended_suspensions_holder_ended_at_idx" ON "ended_suspensions"("holder", "ended_at");

-- CreateIndex
CREATE INDEX "credential_actions_organization_id_scope_effect_agent_id_cr_idx" ON "credential_actions"("organization_id", "scope", "effect", "agent_id", "credential_id", "valid_until");

-- What is on record already: the scopes that credentials name, and from the audit trail what agents
-- were and which suspensions are over.
INSERT INTO "credential_actions"
SELECT DISTINCT c."id", c."organization_id", c."agent_id", named."effect",
       (named."entry" ->> 'action') || ':' || (named."entry" ->> 'resource'), c."valid_until"
  FROM "credentials" c
 CROSS JOIN LATERAL (
   SELECT 'allow' AS "effect", jsonb_array_elements(c."claims"::jsonb -> 'actions') AS "entry"
    UNION ALL
   SELECT 'deny', jsonb_array_elements(COALESCE(c."claims"::jsonb -> 'denied', '[]'))) named
 WHERE c."type" = 'allowed-actions';

INSERT INTO "agent_state_changes" ("agent_id", "state", "since")
SELECT r."subject",
       CASE r."action" WHEN 'agent.suspended' THEN 'suspended' WHEN 'agent.retired' THEN 'retired'
                       ELSE CASE a."state" WHEN 'pending' THEN 'pending' ELSE 'active' END END,
       r."at"
  FROM "audit_records" r
  JOIN "agents" a ON a."id" = r."subject"
 WHERE r."action" IN ('agent.onboarded', 'agent.suspended', 'agent.resumed', 'agent.retired')
 ORDER BY r."sequence";

INSERT INTO "ended_suspensions" ("holder", "cause", "began_at", "ended_at")
SELECT r."subject", 'itself', b."at", r."at"
  FROM "audit_records" r
 CROSS JOIN LATERAL (
   SELECT s."at" FROM "audit_records" s
    WHERE s."subject" = r."subject" AND s."sequence" < r."sequence"
      AND s."action" = 'credential.suspended' AND s."body" LIKE '%"repeated":false%'
    ORDER BY s."sequence" DESC LIMIT 1) b
 WHERE r."action" = 'credential.resumed';

INSERT INTO "ended_suspensions" ("holder", "cause", "began_at", "ended_at")
SELECT c."id", 'agent', b."at", r."at"
  FROM "audit_records" r
 CROSS JOIN LATERAL (
   SELECT s."at" FROM "audit_records" s
    WHERE s."subject" = r."subject" AND s."sequence" < r."sequence"
      AND s."action" = 'agent.suspended'
    ORDER BY s."sequence" DESC LIMIT 1) b
  JOIN "credentials" c ON c."agent_id" = r."subject" AND c."created_at" <= b."at"
                      AND c."valid_until" > b."at"
 WHERE r."action" = 'agent.resumed';
