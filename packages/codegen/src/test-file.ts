import type { JsonSchema } from "./json-schema.ts"
import type { DescribedRoute } from "./routes-file.ts"
import { sampleOf } from "./sample-value.ts"
import { literal } from "./schema-code.ts"

/** What runs the tests. */
export type TestRunner = "bun" | "node" | "vitest"

export interface TestFileOptions {
  /** Where the app is imported from, by default export. */
  readonly app: string
  readonly runner: TestRunner
}

const IMPORTS: Readonly<Record<TestRunner, string>> = {
  bun: 'import { afterAll, test } from "bun:test"',
  node: 'import { after as afterAll, test } from "node:test"',
  vitest: 'import { afterAll, test } from "vitest"',
}

/**
 * Writes a file of tests to begin with: for each route a good request, which must be answered as the route declares, a bad one
 * where it has a body that can be wrong, and a run of `fuzzRoutes`. WebSockets and routes of any method are left to that run.
 */
export function writeTestFile(routes: readonly DescribedRoute[], { app, runner }: TestFileOptions): string {
  const asked = routes.filter(({ method, meta }) => method !== "*" && meta?.websocket === undefined)
  return [
    IMPORTS[runner],
    'import { fuzzRoutes, testApp } from "@ashlar/testing"',
    `import app from ${literal(app)}`,
    "",
    "const api = testApp(app)",
    "afterAll(() => api.close())",
    "",
    ...asked.flatMap(testsOf),
    'test("every route keeps its promises, whatever is sent", async () => {',
    "  await fuzzRoutes(app, { seed: 1 })",
    runner === "node" ? "})" : "}, 60_000)",
    "",
  ].join("\n")
}

function testsOf(route: DescribedRoute): readonly string[] {
  const { method, path, input, errors } = route
  const label = `${method} ${path}`
  const good = `${request(route)}${query(input.query)}${headers(input.headers)}`
  const statuses = statusesOf(route)
  const lines = [
    `test(${literal(`${label} answers as it declares`)}, async () => {`,
    ...(isSignedIn(route)
      ? ["  // As long as nobody signs in it is refused: .bearer(token), or testApp(app, { headers })."]
      : []),
    `  await ${good}${body(input.body)}.expectStatus(${literal(statuses)})`,
    "})",
    "",
  ]
  // Where a layer refuses before anything is read, a bad body is not what it would be refused for.
  if (!isRefusable(input.body) || isSignedIn(route) || errors.some(({ status }) => status === 415)) return lines
  return [
    ...lines,
    `test(${literal(`${label} refuses what does not fit`)}, async () => {`,
    `  await ${good}.json({}).expectProblem("HTTP_INVALID")`,
    "})",
    "",
  ]
}

function request({ method, path, input, where }: DescribedRoute): string {
  const properties = input.params?.properties ?? {}
  const params = [...path.matchAll(/:([^/?]+)\??|\*([^/]*)/g)].map(([, name, rest]): [string, unknown] => {
    const found = name ?? (rest || "*")
    return [found, sampleParam(properties[found], where?.[found])]
  })
  const options = params.length === 0 ? "" : `, { params: ${literal(Object.fromEntries(params))} }`
  const verb = method.toLowerCase()
  return /^(?:get|head|post|put|patch|delete)$/.test(verb)
    ? `api.${verb}(${literal(path)}${options})`
    : `api.request(${literal(method)}, ${literal(path)}${options})`
}

function sampleParam(schema: JsonSchema | undefined, constraint: string | undefined): string {
  if (constraint === "uuid") return String(sampleOf({ type: "string", format: "uuid" }))
  if (constraint?.startsWith("in ")) return constraint.slice(3).split("|")[0]!
  return schema === undefined ? "1" : String(sampleOf(schema))
}

function query(schema: JsonSchema | undefined): string {
  const values = requiredOf(schema)
  return values.length === 0 ? "" : `.query(${literal(Object.fromEntries(values))})`
}

function headers(schema: JsonSchema | undefined): string {
  return requiredOf(schema)
    .map(([name, value]) => `.header(${literal(name)}, ${literal(String(value))})`)
    .join("")
}

function requiredOf(schema: JsonSchema | undefined): readonly (readonly [string, unknown])[] {
  return (schema?.required ?? []).map((name) => [name, sampleOf(schema?.properties?.[name], schema)])
}

function body(schema: JsonSchema | undefined): string {
  return schema === undefined ? "" : `.json(${literal(sampleOf(schema))})`
}

/** Whether an empty object is not what the body must be. */
function isRefusable(schema: JsonSchema | undefined): boolean {
  return schema?.type === "object" && (schema.required?.length ?? 0) > 0
}

function isSignedIn({ errors }: DescribedRoute): boolean {
  return errors.some(({ status }) => status === 401 || status === 403)
}

function statusesOf({ output, errors, input }: DescribedRoute): readonly (number | string)[] {
  const good = Object.keys(output).map(Number)
  const bad = errors.map(({ status }) => status)
  // A value that a sample cannot know: a pattern, a rule of the program's own.
  const invalid = Object.values(input).some((schema) => schema !== undefined) ? [422] : []
  return [
    ...(good.length === 0 ? ["2xx", "3xx"] : []),
    ...[...new Set([...good, ...bad, ...invalid])].sort((a, b) => a - b),
  ]
}
