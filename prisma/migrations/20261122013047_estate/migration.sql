-- CreateTable
CREATE TABLE "departed_owners" (
    "organization_id" TEXT NOT NULL,
    "owner" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "departed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "departed_owners_pkey" PRIMARY KEY ("organization_id","owner")
);

-- CreateTable
CREATE TABLE "trusted_issuers" (
    "organization_id" TEXT NOT NULL,
    "issuer" TEXT NOT NULL,
    "credential_types" TEXT[],
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "trusted_issuers_pkey" PRIMARY KEY ("organization_id","issuer")
);

-- CreateTable
CREATE TABLE "imported_credentials" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "agent_id" TEXT NOT NULL,
    "jwt" TEXT NOT NULL,
    "sha256" TEXT NOT NULL,
    "issuer" TEXT NOT NULL,
    "types" TEXT[],
    "claims" TEXT NOT NULL,
    "valid_from" TIMESTAMPTZ(3) NOT NULL,
    "valid_until" TIMESTAMPTZ(3) NOT NULL,
    "reason" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "cause" TEXT,
    "checked_at" TIMESTAMPTZ(3) NOT NULL,
    "imported_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "imported_credentials_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "estate_rules" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "condition" TEXT NOT NULL,
    "requirement" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "estate_rules_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "estate_findings" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "rule_id" TEXT NOT NULL,
    "agent_id" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "detail" TEXT NOT NULL,
    "since" TIMESTAMPTZ(3) NOT NULL,
    "resolved_at" TIMESTAMPTZ(3),

    CONSTRAINT "estate_findings_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "estate_judgements" (
    "agent_id" TEXT NOT NULL,
    "papers_revision" INTEGER NOT NULL,
    "published_revision" INTEGER NOT NULL,
    "estate_revision" INTEGER NOT NULL,
    "due_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "estate_judgements_pkey" PRIMARY KEY ("agent_id")
);

-- CreateTable
CREATE TABLE "estate_revisions" (
    "organization_id" TEXT NOT NULL,
    "revision" INTEGER NOT NULL,

    CONSTRAINT "estate_revisions_pkey" PRIMARY KEY ("organization_id")
);

-- CreateTable
CREATE TABLE "agent_sightings" (
    "agent_id" TEXT NOT NULL,
    "fetched_on" TIMESTAMPTZ(3),
    "verified_at" TIMESTAMPTZ(3),

    CONSTRAINT "agent_sightings_pkey" PRIMARY KEY ("agent_id")
);

-- CreateIndex
CREATE INDEX "imported_credentials_organization_id_issuer_idx" ON "imported_credentials"("organization_id", "issuer");

-- CreateIndex
CREATE INDEX "imported_credentials_checked_at_idx" ON "imported_credentials"("checked_at");

-- CreateIndex
CREATE UNIQUE INDEX "imported_credentials_agent_id_sha256_key" ON "imported_credentials"("agent_id", "sha256");

-- CreateIndex
CREATE UNIQUE INDEX "estate_rules_organization_id_name_key" ON "estate_rules"("organization_id", "name");

-- CreateIndex
CREATE INDEX "estate_findings_organization_id_id_idx" ON "estate_findings"("organization_id", "id");

-- CreateIndex
CREATE INDEX "estate_findings_agent_id_state_idx" ON "estate_findings"("agent_id", "state");

-- CreateIndex
CREATE INDEX "estate_findings_rule_id_state_idx" ON "estate_findings"("rule_id", "state");
