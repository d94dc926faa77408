-- CreateTable
CREATE TABLE "key_rotations" (
    "agent_id" TEXT NOT NULL,
    "former_key_id" TEXT NOT NULL,
    "new_key_id" TEXT NOT NULL,
    "step" TEXT NOT NULL,
    "overlap_s" INTEGER NOT NULL,
    "wait_s" INTEGER NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "shown_at" TIMESTAMPTZ(3),
    "due_at" TIMESTAMPTZ(3),

    CONSTRAINT "key_rotations_pkey" PRIMARY KEY ("agent_id")
);

-- CreateIndex
CREATE INDEX "key_rotations_due_at_idx" ON "key_rotations"("due_at");

-- AddForeignKey
ALTER TABLE "key_rotations" ADD CONSTRAINT "key_rotations_agent_id_fkey" FOREIGN KEY ("agent_id") REFERENCES "agents"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
