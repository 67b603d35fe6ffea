/**
 * `npm test`: brings what the tests need, builds the console, and runs every suite, one process per workspace and two at once.
 * `npm test -- packages/http` runs only what the path names.
 */
import { join } from "node:path"
import { Glob } from "bun"
import { buildConsole } from "./console-build.ts"
import { ensureDeno, ensureNode, ensureRequirements, ensureSchemaSuite, ensureSoftHsm } from "./requirements.ts"

const root = join(import.meta.dir, "..", "..")
const wanted = process.argv.slice(2).map((path) => path.replace(/\/$/, ""))

const missing = await ensureRequirements()
if (missing.length > 0 && process.env.CI === "true") {
  console.error("With CI=true every part must be there.")
  process.exit(1)
}
const deno = await ensureDeno()
const node = await ensureNode()
const schemaSuite = await ensureSchemaSuite()
if (schemaSuite === "" && process.env.CI === "true") process.exit(1)
const softHsm = await ensureSoftHsm()
await buildConsole()

/** No suite takes a third of this; one that hangs is ended and counts as failed. */
const SUITE_TIMEOUT_MS = 20 * 60_000
/** Most suites wait for servers and timers half of their time: two of them at once take little longer than one. */
const SUITES_AT_ONCE = 2
/**
 * Suites that drive a browser, or servers on several runtimes at once, through hundreds of steps, each with a bound on its
 * wait: on a machine that is busy with something else one of them may be late. Such a step is tried again.
 */
const STEPS_TRIED_AGAIN: ReadonlySet<string> = new Set([
  "packages/http",
  "packages/websocket",
  "apps/cli",
  "apps/console",
  "examples/chat",
  "examples/files",
  "examples/orders",
  "conformance/http",
])
const totals = { passed: 0, failed: 0, skipped: 0 }
const suites = findSuites().filter((suite) => wanted.length === 0 || wanted.some((path) => suite.startsWith(path)))
const waiting = suites.toReversed()
let begun = 0
const disturbed: string[] = []
await Promise.all(
  Array.from({ length: SUITES_AT_ONCE }, async () => {
    for (let suite = waiting.pop(); suite !== undefined; suite = waiting.pop()) {
      const place = `[${++begun}/${suites.length}]`
      const result = await runOnce(suite)
      tell(`${place} ${suite}`, result)
      // It may have failed of what ran beside it: it runs once more when nothing does.
      if (result.failed > 0 && suites.length > 1) disturbed.push(suite)
      else count(result)
    }
  }),
)
for (const suite of disturbed) {
  const result = await runOnce(suite)
  tell(`[alone] ${suite}`, result)
  count(result)
}
if (suites.length === 0) console.error(`No suite matches ${wanted.join(" ")}.`)
const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : ""
console.log(`\n${totals.passed} passed, ${totals.failed} failed${skipped}`)
process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0

function findSuites(): string[] {
  const files = new Glob("{packages,platform,sdk,apps,examples,conformance,bench,scripts}/**/*.test.{ts,tsx}")
  const folders = [...files.scanSync({ cwd: root })]
    .filter((file) => !file.includes("node_modules"))
    .map((file) => (/^(bench|scripts)\//.test(file) ? file.split("/")[0]! : file.split("/").slice(0, 2).join("/")))
  const order = ["packages", "platform", "sdk", "apps", "scripts", "bench", "examples", "conformance"]
  const rank = (suite: string): number => order.indexOf(suite.split("/")[0]!)
  return [...new Set(folders)].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))
}

interface SuiteResult {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly seconds: number
  readonly output: string
}

function tell(what: string, { passed, failed, skipped, seconds, output }: SuiteResult): void {
  const left = skipped > 0 ? `, ${skipped} skipped` : ""
  console.log(`${what} … ${passed} passed, ${failed} failed${left} (${seconds.toFixed(1)} s)`)
  for (const line of output.matchAll(/^skipped: .*$/gm)) console.log(`  ${line[0]}`)
  if (failed > 0) console.log(failures(output))
}

function count({ passed, failed, skipped }: SuiteResult): void {
  totals.passed += passed
  totals.failed += failed
  totals.skipped += skipped
}

async function runOnce(suite: string): Promise<SuiteResult> {
  const started = performance.now()
  const retry = STEPS_TRIED_AGAIN.has(suite) ? ["--retry", "1"] : []
  const child = Bun.spawn([process.execPath, "test", "--timeout", "30000", ...retry, `./${suite}/`], {
    cwd: root,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: { ...process.env, DENO_BIN: deno, NODE_BIN: node, JSON_SCHEMA_SUITE: schemaSuite, ...softHsm, NO_COLOR: "1" },
  })
  const [out, problems] = [collect(child.stdout), collect(child.stderr)]
  const timer = setTimeout(() => child.kill("SIGKILL"), SUITE_TIMEOUT_MS)
  const code = await child.exited
  clearTimeout(timer)
  // A process that a test left behind may hold the pipes open for ever: what has come by now is what there is.
  await Promise.race([Promise.all([out.ended, problems.ended]), Bun.sleep(2000)])
  const output = out.text() + problems.text()
  const read = (word: string): number => Number(new RegExp(`^ *(\\d+) ${word}$`, "m").exec(output)?.[1] ?? 0)
  const [passed, counted, skipped] = [read("pass"), read("fail"), read("skip")]
  // A suite that died before its summary failed, whatever it counted.
  const failed = counted + (code !== 0 && counted === 0 ? 1 : 0)
  const seconds = (performance.now() - started) / 1000
  return { passed, failed, skipped, seconds, output }
}

/** What a stream has given so far. */
function collect(stream: ReadableStream<Uint8Array>): { readonly ended: Promise<void>; text(): string } {
  let text = ""
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder()
    for await (const chunk of stream) text += decoder.decode(chunk, { stream: true })
  }
  return { ended: read(), text: () => text }
}

/** Only what went wrong: the passing lines of a long suite would hide it. */
function failures(output: string): string {
  return output
    .split("\n")
    .filter((line) => !/^\((pass|skip)\)/.test(line))
    .join("\n")
    .slice(-20_000)
}
