// Where the files of a bundle come from, as an in-toto Statement v1 (in-toto.io/Statement/v1) with SLSA provenance v1 (slsa.dev/provenance/v1) as its
// predicate: subjects are the files, the definition is what was asked for, its dependencies are data, base and code. It is not signed: it says what the
// service did, and `rootstock verify` holds the files to it. No times are in it, so that the same job gives the same bytes.
import type { BundleFile } from '../contract/model.js';
import type { Engine } from '../contract/job.js';
import type { FlatMetrics } from '../contract/run.js';

export const PROVENANCE_FILE = 'provenance.json';
export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
export const PREDICATE_TYPE = 'https://slsa.dev/provenance/v1';

/** What a model was made by: a job, or the import of files. */
export type BuildType = 'urn:rootstock:job:v1' | 'urn:rootstock:import:v1';

/** Digests by algorithm. `sha256` alone is of the bytes of one file; the others say over what they are. */
export type DigestSet = Readonly<Record<string, string>>;

export interface ResourceDescriptor {
  name: string;
  uri?: string;
  digest: DigestSet;
}

export interface Statement {
  _type: typeof STATEMENT_TYPE;
  subject: { name: string; digest: { sha256: string } }[];
  predicateType: typeof PREDICATE_TYPE;
  predicate: {
    buildDefinition: {
      buildType: BuildType;
      /** What the caller decided. */
      externalParameters: Readonly<Record<string, unknown>>;
      /** What the service did. */
      internalParameters: Readonly<Record<string, unknown>>;
      resolvedDependencies: ResourceDescriptor[];
    };
    runDetails: {
      builder: { id: 'urn:rootstock'; version: Readonly<Record<string, string>> };
      metadata: { invocationId: string };
      byproducts: { name: string; content?: string; digest?: DigestSet }[];
    };
  };
}

export interface Made {
  by: BuildType;
  /** Id of the job or of the import. */
  invocation: string;
  /** All of the bundle but the statement itself and the manifest. */
  files: readonly BundleFile[];
  external: Readonly<Record<string, unknown>>;
  dependencies: readonly ResourceDescriptor[];
  code: { version: string; sha256: string };
  engine: Engine;
  node: string;
  threads: number | null;
  processor: string;
  weightsDigest: string;
  metrics: FlatMetrics;
}

export const statementOf = ({ by, invocation, files, external, dependencies, code, engine, node, threads, processor, weightsDigest, metrics }: Made): Statement => ({
  _type: STATEMENT_TYPE,
  subject: files.map(({ name, sha256 }) => ({ name, digest: { sha256 } })),
  predicateType: PREDICATE_TYPE,
  predicate: {
    buildDefinition: {
      buildType: by,
      externalParameters: external,
      internalParameters: { engine, ...(threads !== null && { threads }), processor },
      resolvedDependencies: [...dependencies, { name: 'rootstock', uri: `pkg:npm/rootstock@${code.version}`, digest: { rootstockPrograms: code.sha256 } }],
    },
    runDetails: {
      builder: { id: 'urn:rootstock', version: { rootstock: code.version, node, [engine.name]: engine.version } },
      metadata: { invocationId: invocation },
      byproducts: [{ name: 'weights', digest: { rootstockWeights: weightsDigest } }, { name: 'metrics', content: Buffer.from(JSON.stringify(metrics)).toString('base64') }],
    },
  },
});

/** The data set and the base of a job, by the digests that its spec has. */
export const jobDependencies = (spec: { dataset: string; dataset_digest: string; base_model: unknown; base_weights_digest: string | null }): ResourceDescriptor[] => [
  { name: 'dataset', uri: `urn:rootstock:dataset:${spec.dataset}`, digest: { rootstockPacked: spec.dataset_digest } },
  ...(spec.base_weights_digest === null ? [] : [{ name: 'base_model', uri: `urn:rootstock:base:${nameOf(spec.base_model)}`, digest: { rootstockWeights: spec.base_weights_digest } }]),
];

const nameOf = (base: unknown): string => {
  if (typeof base === 'string') return base;
  const { job, checkpoint } = base as { job: string; checkpoint: string };
  return `${job}/${checkpoint}`;
};
