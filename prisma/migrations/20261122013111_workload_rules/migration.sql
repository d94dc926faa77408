-- CreateTable
CREATE TABLE "workload_rules" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "issuer" TEXT NOT NULL,
    "audience" TEXT NOT NULL,
    "claims" TEXT NOT NULL,
    "scopes" TEXT[],
    "team" TEXT,
    "agent" TEXT,
    "token_lifetime_s" INTEGER NOT NULL,
    "jwks_uri" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "last_used_at" TIMESTAMPTZ(3),

    CONSTRAINT "workload_rules_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "workload_exchanges" (
    "key" TEXT NOT NULL,
    "rule_id" TEXT NOT NULL,
    "token_id" TEXT NOT NULL,
    "ends_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "workload_exchanges_pkey" PRIMARY KEY ("key")
);

-- CreateIndex
CREATE INDEX "workload_rules_organization_id_id_idx" ON "workload_rules"("organization_id", "id");

-- CreateIndex
CREATE INDEX "workload_rules_kind_issuer_idx" ON "workload_rules"("kind", "issuer");

-- CreateIndex
CREATE INDEX "workload_exchanges_rule_id_idx" ON "workload_exchanges"("rule_id");

-- CreateIndex
CREATE INDEX "workload_exchanges_ends_at_idx" ON "workload_exchanges"("ends_at");

-- AddForeignKey
ALTER TABLE "workload_rules" ADD CONSTRAINT "workload_rules_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
