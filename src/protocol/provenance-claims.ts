import {
  dateTime,
  digest,
  integer,
  listOf,
  objectOf,
  type Shape,
  text,
  uri,
} from './claim-shape.ts';
import { type PinnedDocument, pinnedDocument } from './compliance-claims.ts';

/** The program that runs as the agent, and the source it was built from. */
export interface Software {
  readonly name: string;
  readonly version: string;
  /** URI of the source repository. */
  readonly repository: string;
  /** Lower-case hexadecimal commit id, 7 to 64 digits. */
  readonly commit: string;
}

/** How the program was built. */
export interface Build {
  /** URI of the builder (SLSA `runDetails.builder.id`). */
  readonly builder: string;
  /** SLSA build level, 0 to 4. */
  readonly slsaLevel: number;
  /** URI or id of the run (SLSA `runDetails.metadata.invocationId`). */
  readonly invocation: string;
}

/** One thing that a build produced. */
export interface Artifact {
  readonly name: string;
  readonly digest: string;
}

/** Who allowed a model to be used, and under which policy. */
export interface ModelApproval {
  readonly policy: string;
  readonly approver: string;
  readonly at: string;
}

/** The model behind the agent. */
export interface Model {
  readonly name: string;
  readonly version: string;
  readonly provider: string;
  readonly digest?: string;
  readonly approvedBy?: ModelApproval;
}

/** The claims of an AgentProvenanceCredential. */
export interface ProvenanceClaims {
  readonly software: Software;
  readonly build?: Build;
  readonly artifacts?: readonly Artifact[];
  readonly model?: Model;
  /** Software bill of materials. */
  readonly sbom?: PinnedDocument;
  /** A2A agent card. */
  readonly agentCard?: PinnedDocument;
  /** MCP server.json. */
  readonly mcpServer?: PinnedDocument;
}

const software = objectOf<Software>(
  { name: text(200), version: text(100), repository: uri, commit: text(64, /^[0-9a-f]{7,64}$/) },
  {},
);
const build = objectOf<Build>(
  { builder: uri, slsaLevel: integer(0, 4), invocation: text(500) },
  {},
);
const artifact = objectOf<Artifact>({ name: text(200), digest }, {});
const approval = objectOf<ModelApproval>(
  { policy: text(200), approver: text(200), at: dateTime },
  {},
);
const model = objectOf<Model>(
  { name: text(200), version: text(100), provider: text(200) },
  { digest, approvedBy: approval },
);

/** The shape of `ProvenanceClaims`. */
export const provenanceClaims: Shape<ProvenanceClaims> = objectOf<ProvenanceClaims>(
  { software },
  {
    build,
    artifacts: listOf(artifact, { min: 1, max: 64 }),
    model,
    sbom: pinnedDocument,
    agentCard: pinnedDocument,
    mcpServer: pinnedDocument,
  },
);
