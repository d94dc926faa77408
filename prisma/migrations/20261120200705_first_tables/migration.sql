-- CreateTable
CREATE TABLE "agents" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "handle" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "owners" TEXT[],
    "team" TEXT,
    "tags" TEXT[],
    "version" TEXT,
    "redirect_uris" TEXT[],
    "grant_types" TEXT[],
    "logo_uri" TEXT,
    "client_id" TEXT NOT NULL,
    "did" TEXT NOT NULL,
    "key_custody" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "papers_revision" INTEGER NOT NULL,
    "published_revision" INTEGER NOT NULL,

    CONSTRAINT "agents_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit_records" (
    "sequence" BIGINT NOT NULL,
    "id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "organization_id" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "body" TEXT NOT NULL,
    "previous_hash" TEXT NOT NULL,
    "hash" TEXT NOT NULL,

    CONSTRAINT "audit_records_pkey" PRIMARY KEY ("sequence")
);

-- CreateTable
CREATE TABLE "audit_head" (
    "id" INTEGER NOT NULL,
    "sequence" BIGINT NOT NULL,
    "hash" TEXT NOT NULL,

    CONSTRAINT "audit_head_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "credentials" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "agent_id" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "claims" TEXT NOT NULL,
    "visibility" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "valid_from" TIMESTAMPTZ(3) NOT NULL,
    "valid_until" TIMESTAMPTZ(3) NOT NULL,
    "payload" TEXT NOT NULL,
    "jwt" TEXT,
    "sealing" TEXT NOT NULL,
    "status_list_id" TEXT NOT NULL,
    "status_index" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "credentials_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "identifiers" (
    "did" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "provider" TEXT NOT NULL,
    "alias" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "identifiers_pkey" PRIMARY KEY ("did")
);

-- CreateTable
CREATE TABLE "signing_keys" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "did" TEXT NOT NULL,
    "purpose" TEXT NOT NULL,
    "algorithm" TEXT NOT NULL,
    "thumbprint" TEXT NOT NULL,
    "public_jwk" TEXT NOT NULL,
    "sealed" BYTEA,
    "state" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "signing_keys_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "organizations" (
    "id" TEXT NOT NULL,
    "base_url" TEXT NOT NULL,
    "did" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "contact" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "organizations_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "api_tokens" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "scopes" TEXT[],
    "hash" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_tokens_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "public_documents" (
    "path" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "state" TEXT NOT NULL,
    "media_type" TEXT NOT NULL,
    "body" BYTEA NOT NULL,
    "sha256" TEXT NOT NULL,
    "cache_control" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "link" TEXT,
    "keeps_versions" BOOLEAN NOT NULL,
    "published_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "public_documents_pkey" PRIMARY KEY ("path","version")
);

-- CreateTable
CREATE TABLE "status_lists" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "size" INTEGER NOT NULL,
    "taken" INTEGER NOT NULL,
    "permutation_key" BYTEA NOT NULL,
    "revision" INTEGER NOT NULL,
    "published_revision" INTEGER NOT NULL,
    "published_at" TIMESTAMPTZ(3),

    CONSTRAINT "status_lists_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "status_entries" (
    "list_id" TEXT NOT NULL,
    "index" INTEGER NOT NULL,
    "holder" TEXT NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),
    "suspended_at" TIMESTAMPTZ(3),
    "agent_suspended_at" TIMESTAMPTZ(3),

    CONSTRAINT "status_entries_pkey" PRIMARY KEY ("list_id","index")
);

-- CreateIndex
CREATE UNIQUE INDEX "agents_client_id_key" ON "agents"("client_id");

-- CreateIndex
CREATE UNIQUE INDEX "agents_did_key" ON "agents"("did");

-- CreateIndex
CREATE INDEX "agents_organization_id_id_idx" ON "agents"("organization_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "agents_organization_id_handle_key" ON "agents"("organization_id", "handle");

-- CreateIndex
CREATE UNIQUE INDEX "audit_records_id_key" ON "audit_records"("id");

-- CreateIndex
CREATE INDEX "audit_records_organization_id_sequence_idx" ON "audit_records"("organization_id", "sequence");

-- CreateIndex
CREATE INDEX "audit_records_subject_sequence_idx" ON "audit_records"("subject", "sequence");

-- CreateIndex
CREATE INDEX "credentials_organization_id_id_idx" ON "credentials"("organization_id", "id");

-- CreateIndex
CREATE INDEX "credentials_agent_id_valid_until_idx" ON "credentials"("agent_id", "valid_until");

-- CreateIndex
CREATE INDEX "credentials_sealing_created_at_idx" ON "credentials"("sealing", "created_at");

-- CreateIndex
CREATE UNIQUE INDEX "credentials_status_list_id_status_index_key" ON "credentials"("status_list_id", "status_index");

-- CreateIndex
CREATE UNIQUE INDEX "identifiers_alias_key" ON "identifiers"("alias");

-- CreateIndex
CREATE INDEX "signing_keys_did_idx" ON "signing_keys"("did");

-- CreateIndex
CREATE UNIQUE INDEX "signing_keys_organization_id_thumbprint_key" ON "signing_keys"("organization_id", "thumbprint");

-- CreateIndex
CREATE UNIQUE INDEX "organizations_base_url_key" ON "organizations"("base_url");

-- CreateIndex
CREATE UNIQUE INDEX "organizations_did_key" ON "organizations"("did");

-- CreateIndex
CREATE UNIQUE INDEX "api_tokens_hash_key" ON "api_tokens"("hash");

-- CreateIndex
CREATE INDEX "api_tokens_organization_id_id_idx" ON "api_tokens"("organization_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "status_lists_organization_id_number_key" ON "status_lists"("organization_id", "number");

-- CreateIndex
CREATE UNIQUE INDEX "status_entries_holder_key" ON "status_entries"("holder");

-- AddForeignKey
ALTER TABLE "agents" ADD CONSTRAINT "agents_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "credentials" ADD CONSTRAINT "credentials_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "credentials" ADD CONSTRAINT "credentials_agent_id_fkey" FOREIGN KEY ("agent_id") REFERENCES "agents"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "credentials" ADD CONSTRAINT "credentials_status_list_id_status_index_fkey" FOREIGN KEY ("status_list_id", "status_index") REFERENCES "status_entries"("list_id", "index") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "identifiers" ADD CONSTRAINT "identifiers_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "signing_keys" ADD CONSTRAINT "signing_keys_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "api_tokens" ADD CONSTRAINT "api_tokens_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "status_lists" ADD CONSTRAINT "status_lists_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "status_entries" ADD CONSTRAINT "status_entries_list_id_fkey" FOREIGN KEY ("list_id") REFERENCES "status_lists"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- The chain begins with no record and 64 zeros.
INSERT INTO "audit_head" ("id", "sequence", "hash") VALUES (1, 0, repeat('0', 64));
