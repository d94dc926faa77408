-- AlterTable
ALTER TABLE "agents" ADD COLUMN     "profiles" TEXT[] DEFAULT ARRAY[]::TEXT[];

-- CreateTable
CREATE TABLE "agent_lints" (
    "agent_id" TEXT NOT NULL,
    "checked_at" TIMESTAMPTZ(3) NOT NULL,
    "documents" TEXT NOT NULL,

    CONSTRAINT "agent_lints_pkey" PRIMARY KEY ("agent_id")
);

-- AddForeignKey
ALTER TABLE "agent_lints" ADD CONSTRAINT "agent_lints_agent_id_fkey" FOREIGN KEY ("agent_id") REFERENCES "agents"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
