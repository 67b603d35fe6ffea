import { afterAll, expect, test } from "bun:test"
import { mkdtemp, rm } from "node:fs/promises"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..")
const folder = await mkdtemp(join(root, "packages", "validation", "test", ".cost-"))
afterAll(() => rm(folder, { recursive: true }))

/** A module of schemas with eight fields each, whose output and input types are both used. */
function source(count: number): string {
  const lines = [
    `import { type Infer, type InferInput, v } from ${JSON.stringify(join(root, "packages/validation/src/index.ts"))}`,
    "const Address = v.object({ street: v.string(), zip: v.string().optional() })",
  ]
  for (let i = 0; i < count; i++)
    lines.push(
      `const S${i} = v.object({ id${i}: v.string().uuid(), name: v.string().min(1), email: v.string().email(),`,
      "  age: v.integer().min(0).optional(), admin: v.boolean().default(false), tags: v.array(v.string()),",
      "  born: v.string().transform((text) => new Date(text)), address: Address })",
      `export const o${i} = (it: Infer<typeof S${i}>): [string, Date, number | undefined] => [it.id${i}, it.born, it.age]`,
      `export const i${i}: InferInput<typeof S${i}> =`,
      `  { id${i}: "", name: "", email: "", born: "", tags: [], address: { street: "" } }`,
    )
  return lines.join("\n")
}

async function instantiations(count: number): Promise<number> {
  await Bun.write(join(folder, "schemas.ts"), source(count))
  await Bun.write(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      extends: join(root, "tsconfig.base.json"),
      compilerOptions: {
        rootDir: root,
        composite: false,
        emitDeclarationOnly: false,
        declaration: false,
        isolatedDeclarations: false,
        noEmit: true,
      },
      files: ["schemas.ts"],
    }),
  )
  const tsc = join(root, "node_modules", ".bin", "tsc")
  // One checker: several in parallel count what they share twice.
  const child = Bun.spawn([tsc, "-p", folder, "--singleThreaded", "--extendedDiagnostics"], {
    stdout: "pipe",
    stderr: "pipe",
  })
  const output = await new Response(child.stdout).text()
  expect(output).not.toContain("error TS")
  return Number(/Instantiations:\s+(\d+)/.exec(output)?.[1])
}

test("an object schema of eight fields costs the compiler at most 364 instantiations, however many there are", async () => {
  const [few, some, many] = [await instantiations(50), await instantiations(150), await instantiations(350)]
  const [first, later] = [(some - few) / 100, (many - some) / 200]
  expect(later).toBeGreaterThan(50)
  expect(later).toBeLessThanOrEqual(364)
  expect(later / first).toBeLessThanOrEqual(1.05)
}, 120_000)
