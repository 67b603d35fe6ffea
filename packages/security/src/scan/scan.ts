import { readdir, readFile, stat } from "node:fs/promises"
import { join } from "node:path"
import { ScanInputInvalid } from "../errors.ts"
import { type Advisory, parseAdvisories, scanDependencies } from "./advisories.ts"
import { type Accepted, type Judged, judge, parseBaseline } from "./baseline.ts"
import { type Finding, sortFindings } from "./finding.ts"
import { type Dependency, isLockfile, parseLockfile } from "./lockfiles.ts"
import { scanHeaders } from "./scan-headers.ts"
import { scanConfiguration, scanText } from "./scan-text.ts"
import { MAX_TEXT_BYTES, treeFiles } from "./tree.ts"

export interface ScanOptions {
  /** The folder whose texts are looked at. */
  readonly folder: string
  /** A file of advisories in the JSON of OSV, or a folder of them. Without one, dependencies are not judged. */
  readonly advisories?: string
  /** Where the app runs. Without it, headers are not judged. */
  readonly url?: string
  /** A file of what is accepted. Default: `ashlar-security.json` of the folder, where it is. */
  readonly baseline?: string
  /** What was found elsewhere, such as in the routes. */
  readonly more?: readonly Finding[]
}

export interface ScanReport extends Judged {
  /** How much was looked at. */
  readonly scanned: {
    readonly files: number
    readonly dependencies: number
    readonly advisories: number
    readonly url: boolean
  }
}

const BASELINE = "ashlar-security.json"
const MAX_ADVISORY_BYTES = 500_000_000

/** Looks for what attackers would look for. It changes nothing, and asks no one but the URL. @throws {SECURITY_SCAN_INPUT_INVALID} */
export async function scan({ folder, advisories, url, baseline, more = [] }: ScanOptions): Promise<ScanReport> {
  const known = advisories === undefined ? [] : await readAdvisories(advisories)
  const accepted = await readBaseline(folder, baseline)
  const findings: Finding[] = [...more]
  const dependencies: Dependency[] = []
  let files = 0
  for await (const file of treeFiles(folder)) {
    files++
    if (file.path === BASELINE) continue
    // A lockfile may be larger than anything that people write.
    if (file.text.length <= MAX_TEXT_BYTES) findings.push(...scanText(file), ...scanConfiguration(file))
    if (known.length > 0 && isLockfile(file.path)) dependencies.push(...parseLockfile(file.path, file.text))
  }
  findings.push(...scanDependencies(dependencies, known))
  if (url !== undefined) findings.push(...(await scanHeaders(url)))
  const scanned = { files, dependencies: dependencies.length, advisories: known.length, url: url !== undefined }
  return { ...judge(sortFindings(findings), accepted), scanned }
}

async function readAdvisories(path: string): Promise<readonly Advisory[]> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) throw new ScanInputInvalid(`There is no ${path}.`)
  if (found.isFile()) {
    if (found.size > MAX_ADVISORY_BYTES)
      throw new ScanInputInvalid(`${path} is larger than ${MAX_ADVISORY_BYTES} bytes.`)
    return parseAdvisories(await readFile(path, "utf8"))
  }
  const names = (await readdir(path)).filter((name) => name.endsWith(".json")).sort()
  const lists: (readonly Advisory[])[] = []
  for (const name of names) lists.push(parseAdvisories(await readFile(join(path, name), "utf8")))
  return lists.flat()
}

async function readBaseline(folder: string, named: string | undefined): Promise<readonly Accepted[]> {
  const text = await readFile(named ?? join(folder, BASELINE), "utf8").catch(() => undefined)
  if (text === undefined && named !== undefined) throw new ScanInputInvalid(`There is no ${named}.`)
  return text === undefined ? [] : parseBaseline(text)
}
