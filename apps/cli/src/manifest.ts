import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { didYouMean } from "@ashlar/core"
import type {
  Access,
  IndexField,
  IndexKind,
  IndexRequest,
  Limits,
  Rule,
  RuleLevel,
  Rules,
  Runtime,
  UserRule,
} from "@ashlar/sdk"
import { parse, TomlError } from "smol-toml"
import { ManifestInvalid, ManifestMissing } from "./errors.ts"

/** The file that describes a project. */
export const MANIFEST = "ashlar.toml"

/** A value of a function's environment: written down, or taken from the deployer's environment. */
export type Variable = string | { readonly from: string }

export interface FunctionManifest {
  readonly runtime: Runtime
  /** Relative to the project's folder. */
  readonly entry: string
  readonly access: Access
  readonly egress: readonly string[]
  readonly env: Readonly<Record<string, Variable>>
  readonly limits: Limits
}

export interface CollectionManifest {
  /** Absent: deploy leaves the rules as they are. */
  readonly rules?: Rules
  /** Absent: deploy leaves the indexes as they are. */
  readonly indexes?: readonly IndexRequest[]
}

/** What ashlar.toml says. */
export interface Manifest {
  readonly project: { readonly slug: string; readonly name: string }
  readonly functions: Readonly<Record<string, FunctionManifest>>
  readonly collections: Readonly<Record<string, CollectionManifest>>
}

const accesses: readonly Access[] = ["public", "publishable", "secret"]
const ruleLevels: readonly RuleLevel[] = ["public", "publishable", "user", "secret"]
const runtimes: readonly Runtime[] = ["bun", "quickjs"]
const kinds: readonly IndexKind[] = ["scalar", "any", "members"]
const limitNames = ["wallMs", "cpuMs", "memoryMb", "bodyBytes", "logLines", "concurrency", "queue"] as const

/**
 * Reads a folder's ashlar.toml.
 *
 * @throws {CLI_MANIFEST_MISSING} When there is none.
 * @throws {CLI_MANIFEST_INVALID} When a part is not valid: the message names the part, or the line.
 */
export function readManifest(folder: string): Manifest {
  let text: string
  try {
    text = readFileSync(join(folder, MANIFEST), "utf8")
  } catch (cause) {
    throw new ManifestMissing(`There is no ${MANIFEST} in ${folder}. Start a project with: ashlar init`, { cause })
  }
  return parseManifest(text)
}

/** @throws {CLI_MANIFEST_INVALID} When a part is not valid. */
export function parseManifest(text: string): Manifest {
  const root = new Table("", parseToml(text))
  root.only(["project", "functions", "collections", "database"])
  const project = root.table("project")
  project.only(["slug", "name"])
  const slug = project.text("slug")
  if (!/^[a-z][a-z0-9-]{1,39}$/.test(slug))
    throw invalid("project.slug", "2 to 40 of a-z, 0-9 and -, beginning with a letter", slug)
  const functions = root.optionalTable("functions")
  const collections = root.optionalTable("collections")
  return {
    project: { slug, name: project.has("name") ? project.text("name") : slug },
    functions: functions.map((name, table) => readFunction(name, table)),
    collections: collections.map((_, table) => readCollection(table)),
  }
}

/** Where an app's database is, and what is kept beside it. */
export interface DatabaseManifest {
  /** A URL, or the variable of the environment that holds it. */
  readonly url?: Variable
  readonly migrations?: string
  readonly models?: readonly string[]
  readonly seeds?: string
}

/**
 * Reads `[database]` of a folder's ashlar.toml. An app that is on no platform has nothing else there.
 *
 * @returns an empty one where there is no file, or nothing of a database in it.
 * @throws {CLI_MANIFEST_INVALID} When a part is not valid.
 */
export function readDatabaseManifest(folder: string): DatabaseManifest {
  const path = join(folder, MANIFEST)
  if (!existsSync(path)) return {}
  const table = new Table("", parseToml(readFileSync(path, "utf8"))).optionalTable("database")
  table.only(["url", "migrations", "models", "seeds"])
  const models = table.has("models") && typeof table.get("models") === "string" ? [table.text("models")] : undefined
  return {
    ...(table.has("url") ? { url: readVariable(table, "url") } : {}),
    ...(table.has("migrations") ? { migrations: table.text("migrations") } : {}),
    ...(table.has("models") ? { models: models ?? table.texts("models") } : {}),
    ...(table.has("seeds") ? { seeds: table.text("seeds") } : {}),
  }
}

function parseToml(text: string): Record<string, unknown> {
  try {
    return parse(text)
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause
    const [what = "it is not TOML"] = cause.message.replace("Invalid TOML document: ", "").split("\n")
    throw new ManifestInvalid(`${MANIFEST}:${cause.line}:${cause.column}: ${what}.`, { cause })
  }
}

function readFunction(name: string, table: Table): FunctionManifest {
  table.only(["runtime", "entry", "access", "egress", "env", "limits"])
  const env = table.optionalTable("env")
  const limits = table.optionalTable("limits")
  limits.only(limitNames)
  return {
    runtime: table.choice("runtime", runtimes),
    entry: table.has("entry") ? table.text("entry") : `functions/${name}.ts`,
    access: table.has("access") ? table.choice("access", accesses) : "secret",
    egress: table.has("egress") ? table.texts("egress") : [],
    env: Object.fromEntries(env.keys().map((key) => [key, readVariable(env, key)])),
    limits: Object.fromEntries(limits.keys().map((key) => [key, limits.count(key)])),
  }
}

function readVariable(env: Table, key: string): Variable {
  const value = env.get(key)
  if (typeof value === "string") return value
  const source = env.table(key)
  source.only(["from"])
  return { from: source.text("from") }
}

function readCollection(table: Table): CollectionManifest {
  table.only(["rules", "indexes"])
  return {
    ...(table.has("rules") ? { rules: readRules(table.table("rules")) } : {}),
    ...(table.has("indexes") ? { indexes: table.list("indexes").map((item, at) => readIndex(table, item, at)) } : {}),
  }
}

/** A rule that is left out is null, never "as before": the file alone says who may do what. */
function readRules(table: Table): Rules {
  table.only(["read", "create", "update", "delete"])
  const access = (action: string): Rule => {
    if (!table.has(action)) return null
    return isTable(table.get(action)) ? readUserRule(table.table(action)) : table.choice(action, ruleLevels)
  }
  return { read: access("read"), create: access("create"), update: access("update"), delete: access("delete") }
}

/** The server reads the filter, and says what is wrong with it. */
function readUserRule(table: Table): UserRule {
  table.only(["roles", "mfa", "where"])
  const roles = table.has("roles") ? { roles: table.list("roles").map(String) } : {}
  const mfa = table.get("mfa")
  if (mfa !== undefined && mfa !== true) throw invalid(`${table.path}.mfa`, "true, or nothing", mfa)
  const where = table.get("where")
  if (where !== undefined && !isTable(where)) throw invalid(`${table.path}.where`, "a filter", where)
  return { ...roles, ...(mfa === true && { mfa }), ...(where !== undefined && { where }) }
}

function readIndex(parent: Table, item: unknown, at: number): IndexRequest {
  const path = `${parent.path}.indexes[${at}]`
  if (typeof item === "string") return item
  if (Array.isArray(item)) return readIndexFields(path, item)
  if (!isTable(item)) throw invalid(path, 'a field such as "area", a list of fields, or a table with `fields`', item)
  const table = new Table(path, item)
  table.only(["name", "fields", "kind", "unique"])
  return {
    fields: readIndexFields(`${path}.fields`, table.list("fields")),
    ...(table.has("name") ? { name: table.text("name") } : {}),
    ...(table.has("kind") ? { kind: table.choice("kind", kinds) } : {}),
    ...(table.has("unique") ? { unique: table.flag("unique") } : {}),
  }
}

function readIndexFields(path: string, items: readonly unknown[]): (string | IndexField)[] {
  return items.map((item, at) => {
    if (typeof item === "string") return item
    if (!isTable(item)) throw invalid(`${path}[${at}]`, 'a field such as "-area"', item)
    const table = new Table(`${path}[${at}]`, item)
    table.only(["path", "direction"])
    const segments = table.get("path")
    return {
      path: typeof segments === "string" ? segments : table.texts("path"),
      direction: table.has("direction") ? table.choice("direction", ["asc", "desc"] as const) : "asc",
    }
  })
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date)
}

function invalid(path: string, expected: string, got: unknown): Error {
  const shown = got === undefined ? "nothing" : JSON.stringify(got)
  return new ManifestInvalid(`${MANIFEST}: expected \`${path}\` to be ${expected}, got ${shown}.`)
}

/** A table of the file that knows its own path, so that every refusal can name the part. */
class Table {
  readonly path: string
  readonly #values: Readonly<Record<string, unknown>>

  constructor(path: string, values: Readonly<Record<string, unknown>>) {
    this.path = path
    this.#values = values
  }

  keys(): string[] {
    return Object.keys(this.#values)
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#values, key)
  }

  get(key: string): unknown {
    return this.has(key) ? this.#values[key] : undefined
  }

  /** Refuses every key that is not known here. */
  only(known: readonly string[]): void {
    for (const key of this.keys())
      if (!known.includes(key))
        throw new ManifestInvalid(`${MANIFEST}: unknown key \`${this.#at(key)}\`. ${didYouMean(key, known)}`)
  }

  map<T>(read: (name: string, table: Table) => T): Record<string, T> {
    return Object.fromEntries(this.keys().map((name) => [name, read(name, this.table(name))]))
  }

  table(key: string): Table {
    const value = this.get(key)
    if (!isTable(value)) throw invalid(this.#at(key), "a table", value)
    return new Table(this.#at(key), value)
  }

  optionalTable(key: string): Table {
    return this.has(key) ? this.table(key) : new Table(this.#at(key), {})
  }

  text(key: string): string {
    const value = this.get(key)
    if (typeof value !== "string" || value === "") throw invalid(this.#at(key), "text", value)
    return value
  }

  list(key: string): readonly unknown[] {
    const value = this.get(key)
    if (!Array.isArray(value)) throw invalid(this.#at(key), "a list", value)
    return value
  }

  texts(key: string): string[] {
    return this.list(key).map((item) => {
      if (typeof item !== "string") throw invalid(this.#at(key), "a list of texts", item)
      return item
    })
  }

  flag(key: string): boolean {
    const value = this.get(key)
    if (typeof value !== "boolean") throw invalid(this.#at(key), "true or false", value)
    return value
  }

  count(key: string): number {
    const value = this.get(key)
    if (typeof value !== "number" || !Number.isInteger(value) || value < 1)
      throw invalid(this.#at(key), "a whole number from 1", value)
    return value
  }

  choice<const C extends string>(key: string, choices: readonly C[]): C {
    const value = this.get(key)
    const found = choices.find((choice) => choice === value)
    if (found === undefined)
      throw invalid(this.#at(key), choices.map((choice) => JSON.stringify(choice)).join(" or "), value)
    return found
  }

  #at(key: string): string {
    return this.path === "" ? key : `${this.path}.${key}`
  }
}
