/**
 * `npm run bench -- <name> [--json] [--picture file.svg] [options]`: runs one benchmark and prints its rows, as a table or as one JSON
 * document; and draws them.
 */
import { cpus, totalmem } from "node:os"
import { join, resolve } from "node:path"
import { type Benchmark, drawFinding, machine, printTable, type Row } from "@ashlar/bench"
import { Glob } from "bun"
import { ensureDeno, ensureNode } from "./requirements.ts"

const given = process.argv.slice(2).filter((argument) => argument !== "--json")
const json = process.argv.includes("--json")
const drawAt = given.indexOf("--picture")
const [, picture] = drawAt === -1 ? [] : given.splice(drawAt, 2)
if (drawAt !== -1 && !picture?.endsWith(".svg")) {
  console.error(
    `Expected --picture to be a file that ends with .svg, got ${picture === undefined ? "nothing" : `"${picture}"`}.`,
  )
  process.exit(2)
}
const [name, ...options] = given
const folder = join(import.meta.dir, "..", "..", "bench", "src")
const known = [...new Glob("*.bench.ts").scanSync(folder)].map((file) => file.replace(/\.bench\.ts$/, "")).sort()

if (name === undefined || !known.includes(name)) {
  console.error(
    `Expected the name of a benchmark, got ${name === undefined ? "none" : `"${name}"`}. Known: ${known.join(", ")}.`,
  )
  process.exit(2)
}
const { default: benchmark, labels = {} } = (await import(join(folder, `${name}.bench.ts`))) as {
  readonly default: Benchmark
  readonly labels?: Readonly<Record<string, string>>
}
const binaries = { bun: async () => process.execPath, node: ensureNode, deno: ensureDeno }
const rows: Row[] = []
try {
  for await (const row of benchmark({ options, binary: (runtime) => binaries[runtime]() })) {
    rows.push(row)
    if (!json) printTable([row], rows.length === 1)
    else process.stderr.write(`… ${row.case} ${row.subject}\n`)
  }
} catch (error) {
  console.error(`The benchmark "${name}" stopped: ${(error as Error).message}`)
  process.exit(1)
}
const finding = { name, machine: machine(cpus(), totalmem()), rows }
if (json) console.log(JSON.stringify(finding))
if (picture !== undefined) {
  const drawn = drawFinding({ ...finding, labels })
  if (drawn === "") {
    console.error("Nothing that was measured is compared with raw, so there is no picture.")
    process.exit(1)
  }
  await Bun.write(resolve(process.env.INIT_CWD ?? ".", picture), drawn)
}
process.exit(0)
