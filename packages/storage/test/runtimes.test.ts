import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { startTestS3, type TestS3 } from "../src/testing/s3-server.ts"

/** Bun runs the source; Node and Deno a bundle of it. */
const testing = join(import.meta.dir, "..", "src", "testing")
const folder = mkdtempSync(join(tmpdir(), "ashlar-storage-runtimes-"))
let s3: TestS3

beforeAll(async () => {
  s3 = await startTestS3()
  const entrypoints = ["runtime-process.ts", "stream-process.ts"].map((name) => join(testing, name))
  const built = await Bun.build({ entrypoints, target: "node", outdir: folder, naming: "[name].mjs" })
  expect(built.success).toBe(true)
})
afterAll(async () => {
  await s3.close()
  rmSync(folder, { recursive: true, force: true })
})

const { NODE_BIN: node, DENO_BIN: deno } = process.env
const runtimes: readonly (readonly [string, (name: string) => readonly string[], string | undefined])[] = [
  ["bun", (name) => [process.execPath, join(testing, `${name}.ts`)], process.execPath],
  ["node", (name) => [node!, join(folder, `${name}.mjs`)], node],
  [
    "deno",
    (name) => [
      deno!,
      "run",
      "--quiet",
      "--allow-all",
      "--no-lock",
      "--unstable-no-legacy-abort",
      join(folder, `${name}.mjs`),
    ],
    deno,
  ],
]
/** What goes through: in a folder, and on S3. The gigabyte is written once, for it takes its time. */
const SIZES_MIB: Readonly<Record<string, readonly [number, number]>> = {
  bun: [1024, 640],
  node: [300, 320],
  deno: [300, 64],
}
for (const [runtime, command, binary] of runtimes) {
  if (process.env.CI !== "true" && (binary === undefined || !existsSync(binary))) {
    console.warn(`skipped: what needs ${runtime}, for there is none`)
    continue
  }
  const run = async (name: string, ...given: string[]): Promise<[number, string, string]> => {
    const child = Bun.spawn([...command(name), ...given], { stdin: "ignore", stdout: "pipe", stderr: "pipe" })
    const [said, problems] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
    return [await child.exited, said, problems]
  }
  describe(`on ${runtime}`, () => {
    test("storages and their routes work", async () => {
      const urls = ["memory:", `file:${join(folder, runtime)}`, s3.url("&partBytes=5242880")]
      expect(await run("runtime-process", JSON.stringify({ urls }))).toEqual([0, "all is well\n", ""])
    }, 120_000)
    test("what is large goes through in little memory", async () => {
      const server = Bun.spawn([process.execPath, join(testing, "s3-process.ts")], {
        stdin: "pipe",
        stdout: "pipe",
        stderr: "inherit",
      })
      try {
        const { value } = await server.stdout.getReader().read()
        const [inFolder, onS3] = SIZES_MIB[runtime]!
        const urls: [string, number][] = [
          [`file:${join(folder, `${runtime}-large`)}`, inFolder],
          [`${new TextDecoder().decode(value).trim()}&partBytes=5242880`, onS3],
        ]
        for (const [url, mebibytes] of urls) {
          const [code, said, problems] = await run("stream-process", url, String(mebibytes))
          expect([code, problems]).toEqual([0, ""])
          const { sizeBytes, read, grownMiB } = JSON.parse(said) as {
            sizeBytes: number
            read: number
            grownMiB: number
          }
          expect([sizeBytes, read]).toEqual([mebibytes * 1024 * 1024, mebibytes * 1024 * 1024])
          console.log(`${runtime}: ${mebibytes} MiB through ${url.split(":")[0]}: took ${grownMiB} MiB more of memory`)
          expect(grownMiB).toBeLessThan(400) // what waits for the collector; and no more for a thousand times as much
        }
      } finally {
        await server.stdin.end()
        await server.exited
      }
    }, 240_000)
  })
}
