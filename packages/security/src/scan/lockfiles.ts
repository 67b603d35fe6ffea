import { isRecord } from "../audit/read-entry.ts"
import { ScanInputInvalid } from "../errors.ts"

/** One package of npm that a lockfile has installed. */
export interface Dependency {
  readonly name: string
  readonly version: string
  readonly file: string
}

type Found = Omit<Dependency, "file">

/** How to read each lockfile, by the name that it always has. What it does not name is read as JSON. */
const READERS: Readonly<Record<string, (text: string) => readonly Found[]>> = {
  "bun.lock": readJson,
  "package-lock.json": readJson,
  "npm-shrinkwrap.json": readJson,
  "pnpm-lock.yaml": readPnpm,
  "yarn.lock": readYarn,
}

/** Whether a file says which packages are installed. */
export function isLockfile(path: string): boolean {
  return Object.hasOwn(READERS, nameOf(path))
}

/**
 * What a lockfile has installed: of Bun, npm, pnpm (5 to 9) and Yarn (1 and later). What comes from a folder, a workspace, git or a
 * plain address is left out, for advisories are about what the registry has.
 *
 * @param file Its path: the name says whose it is.
 * @throws {SECURITY_SCAN_INPUT_INVALID}
 */
export function parseLockfile(file: string, text: string): readonly Dependency[] {
  const read = READERS[nameOf(file)] ?? readJson
  try {
    return read(text).map((found) => ({ ...found, file }))
  } catch (cause) {
    throw new ScanInputInvalid(`${file} cannot be read: expected a lockfile of Bun, npm, pnpm or Yarn.`, { cause })
  }
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1)
}

/** What a registry has: names as npm lets them be, and versions that begin with a number. */
const NAME = /^(?:@[\w.~-]+\/)?[\w.~-]+$/
const VERSION = /^\d[\w.+-]*$/

function known(name: string | undefined, version: string | undefined): readonly Found[] {
  return name !== undefined && version !== undefined && NAME.test(name) && VERSION.test(version)
    ? [{ name, version }]
    : []
}

function readJson(text: string): readonly Found[] {
  // Bun's has commas behind the last members.
  const value: unknown = JSON.parse(text.replaceAll(/,(?=\s*[}\]])/g, ""))
  const packages = isRecord(value) && isRecord(value.packages) ? value.packages : {}
  return Object.entries(packages).flatMap(([key, entry]) => {
    if (Array.isArray(entry)) {
      const [, name, version] = /^(.+)@([^@]+)$/.exec(String(entry[0])) ?? []
      return known(name, version)
    }
    if (!isRecord(entry) || typeof entry.version !== "string" || key === "" || entry.link === true) return []
    const name = typeof entry.name === "string" ? entry.name : key.slice(key.lastIndexOf("node_modules/") + 13)
    return known(name, entry.version)
  })
}

/**
 * The keys of `packages:`, which name what is installed: `/lodash/4.17.20`, `/lodash@4.17.20`, `lodash@4.17.20`, each with what it was
 * resolved beside: `_react@18.2.0`, `(react@18.2.0)`. In front there may be the host of another registry.
 *
 * pnpm writes its YAML in one way, a key to a line: reading the lines takes a large file in milliseconds, and follows no anchors.
 * @see https://github.com/pnpm/spec/tree/master/lockfile
 */
function readPnpm(text: string): readonly Found[] {
  if (!/^lockfileVersion:/m.test(text)) throw new ScanInputInvalid()
  const found: Found[] = []
  let isInside = false
  for (const line of linesOf(text)) {
    if (/^\S/.test(line)) isInside = line === "packages:"
    // A key that is too long for YAML's short form has a question mark in front, and no colon behind.
    const [, key] = (isInside && /^ {2}(?:\? )?(['"\w@/][^:]*):?$/.exec(line)) || []
    if (key === undefined) continue
    const [, name, version] = PNPM_KEY.exec(bare(key)) ?? []
    found.push(...known(name, version))
  }
  return found
}
const PNPM_KEY = /^(?:\/|[\w-]+(?:\.[\w-]+)+(?::\d+)?\/)?((?:@[^/@()]+\/)?[^/@()]+)[@/](\d[^/@()_]*)(?:[(_].*)?$/

/**
 * Blocks of `name@range, name@other:`, with what they came to. Of an alias (`low@npm:lodash@4`) it is the other name that counts:
 * `resolution` has it since Yarn 2, the ranges do in Yarn 1.
 */
function readYarn(text: string): readonly Found[] {
  const isOld = /^# yarn lockfile v1$/m.test(text)
  if (!isOld && !/^__metadata:/m.test(text)) throw new ScanInputInvalid()
  const found: Found[] = []
  let [range, version, resolution]: (string | undefined)[] = []
  const end = () => {
    if (range !== undefined) found.push(...known(...yarnEntry(range, version, resolution)))
    range = version = resolution = undefined
  }
  for (const line of linesOf(text)) {
    if (/^[^\s#].*:$/.test(line)) {
      end()
      range = bare(line.slice(0, -1).split(", ", 1)[0]!).replaceAll('"', "")
    }
    version ??= /^ {2}version:? "?([^"]+)"?$/.exec(line)?.[1]
    resolution ??= /^ {2}resolution: "?([^"]+)"?$/.exec(line)?.[1]
  }
  end()
  return found
}

const RANGE = /^((?:@[^/@]+\/)?[^/@]+)@(.*)$/

function yarnEntry(
  range: string,
  version: string | undefined,
  resolution: string | undefined,
): readonly [name: string | undefined, version: string | undefined] {
  const [, name, wanted = ""] = RANGE.exec(resolution ?? range) ?? []
  // A patch is of what the registry has, by its own version.
  if (resolution !== undefined) return /^(?:npm|patch):/.test(wanted) ? [name, version] : [undefined, undefined]
  const [, real = name] = /^npm:((?:@[^/@]+\/)?[^/@]+)(?:@.*)?$/.exec(wanted) ?? []
  const isElsewhere = /^(?:file|link|portal|workspace|git|git\+\w+|github|https?):|^[./]|^[\w-]+\/[\w.-]+(?:#|$)/.test(
    wanted,
  )
  return isElsewhere ? [undefined, undefined] : [real, version]
}

function linesOf(text: string): readonly string[] {
  return text.split(/\r?\n/)
}
/** A text of YAML without its quotes. */
function bare(text: string): string {
  return /^(['"])(.*)\1$/.exec(text)?.[2] ?? text
}
