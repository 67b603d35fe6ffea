import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import schema2020 from "ajv/dist/refs/json-schema-2020-12/schema.json" with { type: "json" }
import schema7 from "ajv/dist/refs/json-schema-draft-07.json" with { type: "json" }

/** The official tests of JSON Schema, which `npm test` brings as a Debian package. @see https://github.com/json-schema-org/JSON-Schema-Test-Suite */

export interface SuiteGroup {
  readonly description: string
  readonly schema: unknown
  readonly tests: readonly { readonly description: string; readonly data: unknown; readonly valid: boolean }[]
}

const folder = process.env.JSON_SCHEMA_SUITE || join(import.meta.dir, "..", "..", "..", ".cache", "json-schema-suite")
const suite = join(folder, "usr/share/perl5/auto/share/dist/Test-JSON-Schema-Acceptance")

/** Whether the tests are on this machine. */
export const isSuiteHere: boolean = existsSync(suite)

/** The groups of tests of a folder, by the file's name and their description. */
export function suiteGroups(path: string): [name: string, group: SuiteGroup][] {
  const groups: [string, SuiteGroup][] = []
  for (const file of isSuiteHere ? readdirSync(join(suite, "tests", path)).toSorted() : []) {
    if (!file.endsWith(".json")) continue
    for (const group of readJson(join(suite, "tests", path, file)) as SuiteGroup[])
      groups.push([`${file.slice(0, -5)}: ${group.description}`, group])
  }
  return groups
}

/** The documents that the tests refer to, by their addresses. */
export function suiteDocuments(): Record<string, unknown> {
  const documents: Record<string, unknown> = {}
  const remotes = join(suite, "remotes")
  for (const file of isSuiteHere ? readdirSync(remotes, { recursive: true, encoding: "utf8" }) : []) {
    if (!file.endsWith(".json") || /^draft(3|4|6|2019-09|-next)/.test(file)) continue
    documents[`http://localhost:1234/${file}`] = readJson(join(remotes, file))
  }
  return { ...documents, ...metaSchemas() }
}

function metaSchemas(): Record<string, unknown> {
  const refs = join(import.meta.dir, "..", "node_modules", "ajv", "dist", "refs", "json-schema-2020-12", "meta")
  const documents: Record<string, unknown> = { [schema2020.$id]: schema2020, [schema7.$id]: schema7 }
  for (const file of readdirSync(refs)) {
    const document = readJson(join(refs, file)) as { $id: string }
    documents[document.$id] = document
  }
  return documents
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, "utf8"))
}
