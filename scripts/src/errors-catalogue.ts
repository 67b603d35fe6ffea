/** `bun scripts/src/errors-catalogue.ts` writes docs/errors.md from the errors that the code defines. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { isProduct, readWorkspaces, root } from "./rules/workspaces.ts"

export const CATALOGUE = "docs/errors.md"
export const COMMAND = "bun scripts/src/errors-catalogue.ts"

/** One kind of error. */
export interface CatalogueEntry {
  readonly code: string
  /** 0 for an error that is raised in the client and has none. */
  readonly status: number
  readonly summary: string
  /** The package that defines it, and its description. */
  readonly package: string
  readonly about: string
}

/** All errors of the product, in the order of folders and codes. */
export async function readErrors(): Promise<readonly CatalogueEntry[]> {
  const found: CatalogueEntry[] = []
  for (const { folder, manifest } of readWorkspaces().filter(isProduct)) {
    const path = join(root, folder, "src", "errors.ts")
    if (!existsSync(path)) continue
    const exports = (await import(path)) as Record<string, unknown>
    const errors = Object.values(exports).flatMap(errorsIn)
    const about = manifest.description ?? ""
    found.push(...errors.sort(byCode).map((error) => ({ ...error, package: manifest.name, about })))
  }
  return found
}

type Kind = Pick<CatalogueEntry, "code" | "status" | "summary">

/** An error class, or a client's own list of codes with their summaries. */
function errorsIn(value: unknown): Kind[] {
  if (typeof value === "function") {
    const { code, status, summary } = value as Partial<Kind>
    const isKind = typeof code === "string" && typeof status === "number" && typeof summary === "string"
    return isKind ? [{ code, status, summary }] : []
  }
  if (typeof value !== "object" || value === null) return []
  const entries = Object.entries(value)
  const isList =
    entries.length > 0 &&
    entries.every(([code, summary]) => /^[A-Z]+_[A-Z_]+$/.test(code) && typeof summary === "string")
  return isList ? entries.map(([code, summary]) => ({ code, status: 0, summary: summary as string })) : []
}

function byCode(a: Kind, b: Kind): number {
  return a.code < b.code ? -1 : 1
}

export function renderCatalogue(errors: readonly CatalogueEntry[]): string {
  const packages = [...new Map(errors.map((error) => [error.package, error.about]))]
  const sections = packages.map(([name, about]) => {
    const rows = errors.filter((error) => error.package === name).map(row)
    return [
      `## ${name}`,
      "",
      about,
      "",
      "| code | status | what it means, and what to do |",
      "| --- | --- | --- |",
      ...rows,
    ].join("\n")
  })
  return `${INTRODUCTION}\n\n${sections.join("\n\n")}\n`
}

function row({ code, status, summary }: CatalogueEntry): string {
  return `| \`${code}\` | ${status === 0 ? "" : status} | ${summary.replaceAll("|", "\\|").replaceAll("\n", " ")} |`
}

const INTRODUCTION = `# Errors

Every error that Ashlar raises has a code, which is stable for ever: match on it, and show the message to people. Over HTTP
an error is a problem document (RFC 9457) with the code in \`code\`, its words in \`detail\`, and the status below. An error
without a status is raised in the process that meets it and is never sent.

This page is written by \`${COMMAND}\`.`

if (import.meta.main) {
  const errors = await readErrors()
  await Bun.write(join(root, CATALOGUE), renderCatalogue(errors))
  console.log(`${CATALOGUE}: ${errors.length} errors`)
}
