-- CreateTable
CREATE TABLE "custom_types" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "credential_type" TEXT NOT NULL,
    "description" TEXT,
    "schema" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "document" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "custom_types_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "custom_types_url_key" ON "custom_types"("url");

-- CreateIndex
CREATE INDEX "custom_types_organization_id_id_idx" ON "custom_types"("organization_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "custom_types_organization_id_name_version_key" ON "custom_types"("organization_id", "name", "version");

-- AddForeignKey
ALTER TABLE "custom_types" ADD CONSTRAINT "custom_types_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
