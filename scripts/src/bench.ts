/** `npm run bench -- <name> [--json] [options]`: runs one benchmark and prints its rows, as a table or as one JSON document. */
import { cpus, totalmem } from "node:os"
import { join } from "node:path"
import { type Benchmark, machine, printTable, type Row } from "@ashlar/bench"
import { Glob } from "bun"
import { ensureDeno, ensureNode } from "./requirements.ts"

const given = process.argv.slice(2).filter((argument) => argument !== "--json")
const json = process.argv.includes("--json")
const [name, ...options] = given
const folder = join(import.meta.dir, "..", "..", "bench", "src")
const known = [...new Glob("*.bench.ts").scanSync(folder)].map((file) => file.replace(/\.bench\.ts$/, "")).sort()

if (name === undefined || !known.includes(name)) {
  console.error(
    `Expected the name of a benchmark, got ${name === undefined ? "none" : `"${name}"`}. Known: ${known.join(", ")}.`,
  )
  process.exit(2)
}
const { default: benchmark } = (await import(join(folder, `${name}.bench.ts`))) as { default: Benchmark }
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
if (json) console.log(JSON.stringify({ name, machine: machine(cpus(), totalmem()), rows }))
process.exit(0)
