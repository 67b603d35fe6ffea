import { createHash } from "node:crypto"
import type { Clock, IdSource } from "@ashlar/core"
import { type SqliteFile, SqliteOutcomeUnknown } from "@ashlar/sqlite"
import { type BundleStore, bundlePrefix, readBundle } from "./bundles.ts"
import { FunctionNotFound } from "./errors.ts"
import { type FunctionLimits, type InstallLimits, resolveLimits } from "./limits.ts"
import type { Access, CheckedDeployment } from "./manifest.ts"
import { limitOf, type Page, type PageRequest, pageOf, positionOf } from "./page.ts"
import type { NewVersion } from "./procedures.ts"
import type { Runtime } from "./profile.ts"

/** Seals what must not lie open in the database. The context binds a sealed value to its place. */
export interface Sealer {
  seal(plain: Uint8Array, context: string): Uint8Array
  open(sealed: Uint8Array, context: string): Uint8Array
}

/** A function as its owners see it. */
export interface FunctionRecord {
  readonly name: string
  readonly runtime: Runtime
  readonly access: Access
  /** The active version. */
  readonly version: number
  readonly egress: readonly string[]
  /** The names only. */
  readonly env: readonly string[]
  readonly limits: FunctionLimits
  /** RFC 3339, UTC. */
  readonly createdAt: string
  readonly updatedAt: string
}

export interface VersionRecord {
  readonly version: number
  readonly runtime: Runtime
  /** Of the bundle's bytes, in hex. */
  readonly sha256: string
  readonly sizeBytes: number
  readonly active: boolean
  readonly createdAt: string
  /** The label of who deployed it. */
  readonly createdBy: string
}

/** What answers a call now. */
export interface ActiveVersion {
  readonly functionId: string
  readonly name: string
  readonly access: Access
  readonly version: number
  readonly runtime: Runtime
  readonly egress: readonly string[]
  readonly limits: FunctionLimits
}

/** What a process needs to load a version. */
export interface VersionContent {
  readonly code: Uint8Array
  readonly env: Readonly<Record<string, string>>
}

interface FunctionRow {
  readonly id: string
  readonly name: string
  readonly access: Access
  readonly active: number
  readonly runtime: Runtime
  readonly env_names: string
  readonly egress: string
  readonly limits: string
  readonly created_at: number
  readonly updated_at: number
}

interface VersionRow {
  readonly version: number
  readonly runtime: Runtime
  readonly sha256: string
  readonly size: number
  readonly active: number
  readonly created_at: number
  readonly created_by: string
}

const selectFunction = `
  SELECT f.id, f.name, f.access, f.active, v.runtime, v.env_names, v.egress, v.limits, f.created_at, f.updated_at
  FROM functions_functions f JOIN functions_versions v ON v.function_id = f.id AND v.version = f.active`
const selectVersion = `
  SELECT v.version, v.runtime, v.sha256, coalesce(v.size_bytes, length(v.code)) AS size, v.version = f.active AS active, v.created_at, v.created_by
  FROM functions_versions v JOIN functions_functions f ON f.id = v.function_id`

export interface FunctionStoreOptions {
  readonly sealer: Sealer
  readonly clock: Clock
  readonly ids: IdSource
  readonly limits: InstallLimits
  /** Undefined: code is kept in the file. */
  readonly bundles: BundleStore | undefined
}

/** The functions of one project, in its file. */
export class FunctionStore {
  readonly project: string
  readonly file: SqliteFile
  readonly #options: FunctionStoreOptions

  constructor(project: string, file: SqliteFile, options: FunctionStoreOptions) {
    this.project = project
    this.file = file
    this.#options = options
  }

  /** @throws {FUNCTIONS_NOT_FOUND} */
  active(name: string): ActiveVersion {
    const row = this.#row(name)
    return {
      functionId: row.id,
      name: row.name,
      access: row.access,
      version: row.active,
      runtime: row.runtime,
      egress: JSON.parse(row.egress),
      limits: JSON.parse(row.limits),
    }
  }

  /**
   * The code and the opened env of a version.
   *
   * @throws {FUNCTIONS_NOT_FOUND} when it is gone by now. @throws {FUNCTIONS_BUNDLE_LOST}
   */
  async content(functionId: string, version: number): Promise<VersionContent> {
    const row = this.file.get<{ code: Uint8Array; bundle: string | null; sha256: string }>(
      "SELECT code, bundle, sha256 FROM functions_versions WHERE function_id = ? AND version = ?",
      [functionId, version],
    )
    if (!row) throw new FunctionNotFound()
    const { bundle: key, sha256 } = row
    const code = key === null ? row.code : await readBundle(this.#options.bundles, { key, sha256 })
    return { code, env: this.#env(functionId, version) }
  }

  /** Which of these bundles no version has. */
  unused(keys: readonly string[]): readonly string[] {
    const rows = this.file.all<{ value: string }>(
      `SELECT value FROM json_each(?) WHERE value NOT IN (
         SELECT bundle FROM functions_versions WHERE bundle IS NOT NULL)`,
      [JSON.stringify(keys)],
    )
    return rows.map(({ value }) => value)
  }

  /** @throws {FUNCTIONS_NOT_FOUND} */
  get(name: string): FunctionRecord {
    return recordOf(this.#row(name))
  }

  list(page: PageRequest): Page<FunctionRecord> {
    const limit = limitOf(page)
    const after = positionOf<string>("functions", page.cursor, "string") ?? ""
    const rows = this.file.all<FunctionRow>(`${selectFunction} WHERE f.name > ? ORDER BY f.name LIMIT ?`, [
      after,
      limit + 1,
    ])
    return pageOf(rows, { limit, list: "functions", item: recordOf, position: (row) => row.name })
  }

  /** Newest first. @throws {FUNCTIONS_NOT_FOUND} */
  versions(name: string, page: PageRequest): Page<VersionRecord> {
    const { id } = this.#row(name)
    const limit = limitOf(page)
    const before = positionOf<number>(`versions/${id}`, page.cursor, "number") ?? Number.MAX_SAFE_INTEGER
    const rows = this.file.all<VersionRow>(
      `${selectVersion} WHERE v.function_id = ? AND v.version < ? ORDER BY v.version DESC LIMIT ?`,
      [id, before, limit + 1],
    )
    return pageOf(rows, { limit, list: `versions/${id}`, item: versionOf, position: (row) => row.version })
  }

  version(name: string, version: number): VersionRecord {
    const row = this.file.get<VersionRow>(`${selectVersion} WHERE f.name = ? AND v.version = ?`, [name, version])
    if (!row) throw new FunctionNotFound()
    return versionOf(row)
  }

  /** What a deployment becomes when what it leaves out is taken from the active version. */
  merged(deployment: CheckedDeployment): MergedDeployment {
    const row = this.file.get<FunctionRow>(`${selectFunction} WHERE f.name = ?`, [deployment.name])
    const functionId = row?.id ?? this.#options.ids()
    const kept = row?.runtime === deployment.runtime ? (JSON.parse(row.limits) as FunctionLimits) : undefined
    return {
      ...deployment,
      functionId,
      env: deployment.env ?? (row ? this.#env(row.id, row.active) : {}),
      egress: deployment.egress ?? (row ? JSON.parse(row.egress) : []),
      limits: deployment.limits
        ? resolveLimits(deployment.runtime, deployment.limits as Record<string, unknown>)
        : (kept ?? resolveLimits(deployment.runtime)),
    }
  }

  /**
   * Writes a version and makes it the active one. Returns its number, or `null` when the name changed hands meanwhile. The bundle is
   * kept before the version is written, so a version always has its code.
   */
  async deploy(deployment: MergedDeployment, by: string): Promise<number | null> {
    const { bundles, ids } = this.#options
    const { functionId, codeBytes } = deployment
    const bundle = bundles === undefined ? null : `${bundlePrefix(this.project)}${functionId}/${ids()}.js`
    if (bundle !== null) await bundles?.put(bundle, codeBytes)
    let written: { readonly version: number; readonly dropped: readonly string[] } | null
    try {
      written = await this.#write(deployment, by, bundle)
    } catch (error) {
      // A version of which it is not known whether it is there may need its code.
      if (bundle !== null && !(error instanceof SqliteOutcomeUnknown)) await this.#discard([bundle])
      throw error
    }
    await this.#discard(written?.dropped ?? (bundle === null ? [] : [bundle]))
    return written?.version ?? null
  }

  #write(deployment: MergedDeployment, by: string, bundle: string | null) {
    const { sealer, clock, limits } = this.#options
    const env = Buffer.from(JSON.stringify(deployment.env))
    return this.file.call<{ version: number; dropped: string[] } | null>("functions.deploy", {
      functionId: deployment.functionId,
      name: deployment.name,
      access: deployment.access ?? null,
      runtime: deployment.runtime,
      sha256: createHash("sha256").update(deployment.codeBytes).digest("hex"),
      code: bundle === null ? deployment.codeBytes : new Uint8Array(),
      bundle,
      sizeBytes: deployment.codeBytes.length,
      sealedEnv: sealer.seal(new Uint8Array(env), this.#context(deployment.functionId)),
      envNames: JSON.stringify(Object.keys(deployment.env).sort()),
      egress: JSON.stringify(deployment.egress),
      limits: JSON.stringify(deployment.limits),
      atMs: clock.now(),
      by,
      maxFunctions: limits.maxFunctions,
      maxVersions: limits.maxVersions,
    } satisfies NewVersion)
  }

  /** What cannot be discarded now is found by the sweep: a deploy does not fail for it. */
  async #discard(keys: readonly string[]): Promise<void> {
    if (keys.length > 0) await this.#options.bundles?.discard(keys).catch(() => undefined)
  }

  /** @throws {FUNCTIONS_NOT_FOUND} @throws {FUNCTIONS_VERSION_NOT_FOUND} */
  async rollback(name: string, version: number | undefined): Promise<void> {
    await this.file.call("functions.rollback", { name, version: version ?? null, atMs: this.#options.clock.now() })
  }

  /** @throws {FUNCTIONS_NOT_FOUND} */
  async remove(name: string): Promise<void> {
    await this.#discard(await this.file.call<string[]>("functions.remove", { name }, { makesRoom: true }))
  }

  #row(name: string): FunctionRow {
    const row = this.file.get<FunctionRow>(`${selectFunction} WHERE f.name = ?`, [name])
    if (!row) throw new FunctionNotFound(`No function "${name}" in this project. List them with: ashlar functions list`)
    return row
  }

  /** @throws {FUNCTIONS_NOT_FOUND} when it is gone by now. */
  #env(functionId: string, version: number): Record<string, string> {
    const row = this.file.get<{ sealed_env: Uint8Array }>(
      "SELECT sealed_env FROM functions_versions WHERE function_id = ? AND version = ?",
      [functionId, version],
    )
    if (!row) throw new FunctionNotFound()
    return JSON.parse(Buffer.from(this.#options.sealer.open(row.sealed_env, this.#context(functionId))).toString())
  }

  #context(functionId: string): string {
    return `functions/env/${this.project}/${functionId}`
  }
}

/** A deployment that is complete. */
export interface MergedDeployment extends CheckedDeployment {
  readonly functionId: string
  readonly env: Readonly<Record<string, string>>
  readonly egress: readonly string[]
  readonly limits: FunctionLimits
}

function recordOf(row: FunctionRow): FunctionRecord {
  return {
    name: row.name,
    runtime: row.runtime,
    access: row.access,
    version: row.active,
    egress: JSON.parse(row.egress),
    env: JSON.parse(row.env_names),
    limits: JSON.parse(row.limits),
    createdAt: new Date(row.created_at).toISOString(),
    updatedAt: new Date(row.updated_at).toISOString(),
  }
}

function versionOf(row: VersionRow): VersionRecord {
  return {
    version: row.version,
    runtime: row.runtime,
    sha256: row.sha256,
    sizeBytes: row.size,
    active: row.active === 1,
    createdAt: new Date(row.created_at).toISOString(),
    createdBy: row.created_by,
  }
}
