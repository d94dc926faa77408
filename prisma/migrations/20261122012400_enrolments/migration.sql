-- CreateTable
CREATE TABLE "enrolments" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "token_hash" TEXT NOT NULL,
    "handle" TEXT,
    "template" TEXT,
    "needs_approval" BOOLEAN NOT NULL,
    "order" TEXT NOT NULL,
    "request" TEXT,
    "agent_id" TEXT,
    "reason" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "enrolments_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "templates" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "kind" TEXT,
    "defaults" TEXT NOT NULL,
    "credentials" TEXT NOT NULL,
    "approval" BOOLEAN NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "templates_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "enrolments_token_hash_key" ON "enrolments"("token_hash");

-- CreateIndex
CREATE UNIQUE INDEX "enrolments_agent_id_key" ON "enrolments"("agent_id");

-- CreateIndex
CREATE INDEX "enrolments_organization_id_id_idx" ON "enrolments"("organization_id", "id");

-- CreateIndex
CREATE INDEX "templates_organization_id_id_idx" ON "templates"("organization_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "templates_organization_id_name_key" ON "templates"("organization_id", "name");

-- AddForeignKey
ALTER TABLE "enrolments" ADD CONSTRAINT "enrolments_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "templates" ADD CONSTRAINT "templates_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
