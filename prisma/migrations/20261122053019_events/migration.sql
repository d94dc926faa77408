-- CreateTable
CREATE TABLE "event_subscriptions" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "token_id" TEXT,
    "description" TEXT,
    "url" TEXT,
    "audience" TEXT,
    "events" TEXT[],
    "secret" BYTEA,
    "former_secret" BYTEA,
    "former_secret_until" TIMESTAMPTZ(3),
    "state" TEXT NOT NULL,
    "state_reason" TEXT,
    "failing_since" TIMESTAMPTZ(3),
    "verified_at" TIMESTAMPTZ(3),
    "cursor" BIGINT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "event_subscriptions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "event_deliveries" (
    "subscription_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "sequence" BIGINT NOT NULL,
    "type" TEXT NOT NULL,
    "body" TEXT NOT NULL,
    "list_ids" TEXT[],
    "list_revisions" INTEGER[],
    "agent_id" TEXT,
    "agent_revision" INTEGER NOT NULL,
    "is_control" BOOLEAN NOT NULL,
    "state" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL,
    "outcome" TEXT,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "leased_until" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "event_deliveries_pkey" PRIMARY KEY ("subscription_id","id")
);

-- CreateIndex
CREATE INDEX "event_subscriptions_organization_id_id_idx" ON "event_subscriptions"("organization_id", "id");

-- CreateIndex
CREATE INDEX "event_deliveries_subscription_id_state_sequence_id_idx" ON "event_deliveries"("subscription_id", "state", "sequence", "id");

-- CreateIndex
CREATE INDEX "event_deliveries_state_due_at_idx" ON "event_deliveries"("state", "due_at");

-- CreateIndex
CREATE INDEX "event_deliveries_state_ended_at_idx" ON "event_deliveries"("state", "ended_at");

-- AddForeignKey
ALTER TABLE "event_subscriptions" ADD CONSTRAINT "event_subscriptions_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "event_deliveries" ADD CONSTRAINT "event_deliveries_subscription_id_fkey" FOREIGN KEY ("subscription_id") REFERENCES "event_subscriptions"("id") ON DELETE CASCADE ON UPDATE CASCADE;
