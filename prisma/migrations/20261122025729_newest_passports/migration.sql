-- CreateIndex
CREATE INDEX "credentials_agent_id_type_created_at_id_idx" ON "credentials"("agent_id", "type", "created_at" DESC, "id" DESC);
