-- CreateTable
CREATE TABLE "remembered_requests" (
    "token_id" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "lease_until" TIMESTAMPTZ(3) NOT NULL,
    "answer" BYTEA,

    CONSTRAINT "remembered_requests_pkey" PRIMARY KEY ("token_id","key")
);

-- CreateIndex
CREATE UNIQUE INDEX "remembered_requests_id_key" ON "remembered_requests"("id");

-- CreateIndex
CREATE INDEX "remembered_requests_created_at_idx" ON "remembered_requests"("created_at");
