import { ConfigInvalid } from "./errors.ts"
import { didYouMean } from "./nearest.ts"
import { isSecretSchema } from "./secret.ts"
import type { StandardOutput, StandardSchemaV1 } from "./standard-schema.ts"
import { readText } from "./text-value.ts"

/** Schemas by key, in groups if you like: `{ port: v.integer(), database: { url: secret(v.string()) } }`. */
export interface ConfigFields {
  readonly [key: string]: StandardSchemaV1 | ConfigFields
}

/** What the fields become once loaded. */
export type ConfigOf<F> = {
  readonly [K in keyof F]: F[K] extends StandardSchemaV1 ? StandardOutput<F[K]> : ConfigOf<F[K]>
} & {}

/** The values of one source, in the shape of the fields; any of them may be missing. */
export type ConfigValues<F> = {
  readonly [K in keyof F]?: F[K] extends StandardSchemaV1
    ? NonNullable<F[K]["~standard"]["types"]>["input"]
    : ConfigValues<F[K]>
} & {}

export interface ConfigDefinition<F extends ConfigFields> {
  /** Any Standard Schema for each value. A key that no source has is validated as `undefined`, so a schema's default holds. */
  readonly fields: F
  /**
   * The start of every environment variable's name. With `SHOP`, `maxBodyBytes` is `SHOP_MAX_BODY_BYTES` and `database.url`
   * is `SHOP_DATABASE__URL`. Without one the names have no start, and unknown variables cannot be told from others'.
   */
  readonly prefix?: string
  /** Variables that start with the prefix but belong to somebody else; they are not refused as unknown. */
  readonly foreignVariables?: readonly string[]
  readonly defaults?: ConfigValues<F>
}

/** A file that was read and parsed, whatever its format. */
export interface ConfigFile {
  /** For messages. */
  readonly name: string
  readonly values: unknown
}

/** Where the values come from, weakest first: the definition's defaults, the file, the environment, the flags. */
export interface ConfigSources {
  readonly file?: ConfigFile | undefined
  readonly env?: Readonly<Record<string, string | undefined>>
  /** By flag name without dashes: `{ port: "8080", "max-body-bytes": "10", "database.url": "…" }`; `undefined` is not given. */
  readonly flags?: Readonly<Record<string, unknown>>
}

/** One value of a configuration, for `--help` and documentation. */
export interface ConfigEntry {
  /** `database.url` */
  readonly key: string
  /** `SHOP_DATABASE__URL` */
  readonly variable: string
  /** `--database.url` */
  readonly flag: string
  readonly secret: boolean
}

export interface ConfigProblem {
  /** "the defaults", the file's name, "the environment" or "the flags"; "no source" for a missing value. */
  readonly source: string
  /** As the source writes it. */
  readonly key: string
  readonly message: string
}

export interface Config<T> {
  readonly entries: readonly ConfigEntry[]
  /**
   * Merges the sources, key by key, and validates the result. The answer is frozen.
   *
   * Values of the environment and of flags are text: each is offered to its schema as it is, and if refused as the JSON
   * it spells. A value of a stronger source replaces a weaker one's whole; only groups are merged.
   *
   * @throws {CORE_CONFIG_INVALID} naming source and key of every problem (the first 20), with the values of secrets left out.
   */
  load(sources?: ConfigSources): Promise<T>
}

const MAX_PROBLEMS = 20

interface Leaf extends ConfigEntry {
  readonly path: readonly string[]
  readonly schema: StandardSchemaV1
}

/**
 * Defines a configuration.
 *
 * @example
 * const config = defineConfig({
 *   prefix: "SHOP",
 *   fields: { port: v.integer().min(1).max(65_535).default(3000), database: { url: secret(v.string()) } },
 * })
 * const { port, database } = await config.load({ file: await readConfigFile("shop.json"), env: process.env, flags })
 */
export function defineConfig<const F extends ConfigFields>(definition: ConfigDefinition<F>): Config<ConfigOf<F>> {
  const { fields, prefix = "", foreignVariables = [], defaults } = definition
  const leaves = leavesOf(fields, prefix, [])
  return {
    entries: leaves.map(({ key, variable, flag, secret }) => ({ key, variable, flag, secret })),
    async load({ file, env = {}, flags = {} } = {}) {
      const problems: ConfigProblem[] = []
      const layers = [
        fromFlags(leaves, flags, problems),
        fromEnvironment(leaves, env, { prefix, foreignVariables }, problems),
        fromTree(fields, file?.values ?? {}, file?.name ?? "the file", problems),
        fromTree(fields, defaults ?? {}, "the defaults", problems),
      ]
      const result = emptyGroup()
      for (const leaf of leaves) await setLeaf(result, leaf, layers, problems)
      if (problems.length > 0) throw invalid(problems)
      return freezeGroups(result, fields) as ConfigOf<F>
    },
  }
}

/** The values that one source has, by the key of the leaf. */
interface ConfigLayer {
  readonly source: string
  readonly isText: boolean
  readonly values: ReadonlyMap<string, { readonly shown: string; readonly value: unknown }>
}

function isSchema(node: StandardSchemaV1 | ConfigFields): node is StandardSchemaV1 {
  return "~standard" in node
}

function leavesOf(fields: ConfigFields, prefix: string, parents: readonly string[]): Leaf[] {
  return Object.entries(fields).flatMap(([name, node]) => {
    const path = [...parents, name]
    if (!isSchema(node)) return leavesOf(node, prefix, path)
    const screaming = path.map((part) => words(part).join("_").toUpperCase()).join("__")
    const variable = prefix === "" ? screaming : `${prefix}_${screaming}`
    const flag = `--${path.map((part) => words(part).join("-").toLowerCase()).join(".")}`
    return [{ key: path.join("."), path, variable, flag, schema: node, secret: isSecretSchema(node) }]
  })
}

/** `maxBodyBytes` -> max, Body, Bytes; `URLPrefix` -> URL, Prefix. */
function words(name: string): string[] {
  return name.split(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[-_]/)
}

function fromFlags(
  leaves: readonly Leaf[],
  flags: Readonly<Record<string, unknown>>,
  problems: ConfigProblem[],
): ConfigLayer {
  const byName = new Map(
    leaves.flatMap(
      (leaf) =>
        [
          [leaf.flag, leaf],
          [`--${leaf.key}`, leaf],
        ] as const,
    ),
  )
  const values = new Map<string, { shown: string; value: unknown }>()
  for (const [name, value] of Object.entries(flags)) {
    if (value === undefined) continue
    const shown = `--${name}`
    const leaf = byName.get(shown)
    if (leaf) values.set(leaf.key, { shown, value })
    else
      problems.push(
        unknownKey(
          "the flags",
          shown,
          leaves.map((known) => known.flag),
        ),
      )
  }
  return { source: "the flags", isText: true, values }
}

function fromEnvironment(
  leaves: readonly Leaf[],
  env: Readonly<Record<string, string | undefined>>,
  { prefix, foreignVariables }: { prefix: string; foreignVariables: readonly string[] },
  problems: ConfigProblem[],
): ConfigLayer {
  const source = "the environment"
  const values = new Map<string, { shown: string; value: unknown }>()
  for (const { key, variable } of leaves) {
    const value = Object.hasOwn(env, variable) ? env[variable] : undefined
    if (value !== undefined) values.set(key, { shown: variable, value })
  }
  const known = new Set([...leaves.map((leaf) => leaf.variable), ...foreignVariables])
  for (const name of prefix === "" ? [] : Object.keys(env)) {
    if (name.startsWith(`${prefix}_`) && !known.has(name) && env[name] !== undefined)
      problems.push(unknownKey(source, name, known))
  }
  return { source, isText: true, values }
}

function fromTree(fields: ConfigFields, tree: unknown, source: string, problems: ConfigProblem[]): ConfigLayer {
  const values = new Map<string, { shown: string; value: unknown }>()
  const visit = (group: ConfigFields, node: unknown, path: readonly string[]): void => {
    if (typeof node !== "object" || node === null || Array.isArray(node)) {
      problems.push({ source, key: path.join(".") || "(the whole)", message: "Expected a group of keys." })
      return
    }
    for (const [name, value] of Object.entries(node)) {
      if (value === undefined) continue
      const key = [...path, name].join(".")
      const field = Object.hasOwn(group, name) ? group[name] : undefined
      if (field === undefined) problems.push(unknownKey(source, key, Object.keys(group), name))
      else if (isSchema(field)) values.set(key, { shown: key, value })
      else visit(field, value, [...path, name])
    }
  }
  visit(fields, tree, [])
  return { source, isText: false, values }
}

function unknownKey(source: string, key: string, known: Iterable<string>, name: string = key): ConfigProblem {
  return { source, key, message: `Unknown key. ${didYouMean(name, known)}` }
}

async function setLeaf(
  result: Record<string, unknown>,
  leaf: Leaf,
  layers: readonly ConfigLayer[],
  problems: ConfigProblem[],
): Promise<void> {
  const layer = layers.find(({ values }) => values.has(leaf.key))
  const found = layer?.values.get(leaf.key)
  const read = layer?.isText
    ? await readText(leaf.schema, found?.value)
    : await leaf.schema["~standard"].validate(found?.value)
  if (read.issues) {
    const source = layer?.source ?? "no source"
    const key = found?.shown ?? `${leaf.key} (${leaf.variable}, ${leaf.flag})`
    for (const { message, path } of read.issues) {
      const inside = path?.map((part) => `.${String(typeof part === "object" ? part.key : part)}`).join("") ?? ""
      const text = leaf.secret ? "Not a valid value (not shown, it is a secret)." : message
      problems.push({ source, key: key + inside, message: found ? text : `Missing. ${text}` })
    }
    return
  }
  let group = result
  for (const name of leaf.path.slice(0, -1)) {
    group[name] ??= emptyGroup()
    group = group[name] as Record<string, unknown>
  }
  group[leaf.path.at(-1)!] = read.value
}

/** Without a prototype a key like `__proto__` is a key like any other. */
function emptyGroup(): Record<string, unknown> {
  return Object.create(null) as Record<string, unknown>
}

/** Freezes the groups; the values in them belong to their schemas. */
function freezeGroups(group: Record<string, unknown>, fields: ConfigFields): Record<string, unknown> {
  for (const [name, node] of Object.entries(fields)) {
    if (!isSchema(node)) group[name] = freezeGroups((group[name] ?? emptyGroup()) as Record<string, unknown>, node)
  }
  return Object.freeze({ ...group })
}

function invalid(problems: readonly ConfigProblem[]): InstanceType<typeof ConfigInvalid> {
  const shown = problems.slice(0, MAX_PROBLEMS)
  const lines = shown.map(({ source, key, message }) => `- ${key} (${source}): ${message}`)
  if (problems.length > shown.length) lines.push(`- and ${problems.length - shown.length} more`)
  return new ConfigInvalid(`The configuration is not valid:\n${lines.join("\n")}`, { details: { problems: shown } })
}

/**
 * Reads a configuration file; `undefined` when there is none at that path.
 *
 * @param parse Default: JSON. Pass another format's parser, such as `Bun.TOML.parse`.
 * @throws {CORE_CONFIG_INVALID} when the file cannot be read or parsed.
 */
export async function readConfigFile(
  path: string,
  parse: (text: string) => unknown = JSON.parse,
): Promise<ConfigFile | undefined> {
  const { readFile } = await import("node:fs/promises")
  let text: string
  try {
    text = await readFile(path, "utf8")
  } catch (cause) {
    if ((cause as { code?: unknown }).code === "ENOENT") return undefined
    throw new ConfigInvalid(
      `Cannot read the configuration file ${path}. Check that it is a file and that you may read it.`,
      { cause },
    )
  }
  try {
    return { name: path, values: parse(text) }
  } catch (cause) {
    // The parser's own message may quote the file, and with it a secret: it goes to the log only.
    throw new ConfigInvalid(`The configuration file ${path} does not parse. Check its syntax.`, { cause })
  }
}
