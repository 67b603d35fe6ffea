import { beforeAll, describe, expect, test } from "bun:test"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { temporaryDatabase, temporaryFolder } from "@ashlar/cache/testing/databases"
import { findServer } from "@ashlar/cache/testing/servers"
import { openScheduler, type RunRecord } from "../src/index.ts"

/* Several processes on one store. What they did is read from a file that each of them appends to. */

const folder = temporaryFolder()
const program = join(import.meta.dir, "..", "src", "testing", "run-process.ts")
const bundle = join(folder, "run-process.mjs")
const [redis, postgres, mariadb] = [
  await findServer("Redis"),
  await findServer("PostgreSQL"),
  await findServer("MariaDB"),
]
const urls: readonly (readonly [string, string])[] = [
  ["SQLite", `sqlite:${join(folder, "schedules.db")}`],
  ...(redis === undefined ? [] : [["Redis", `redis://127.0.0.1:${redis}?prefix=ashlar-test-nodes`] as const]),
  ...(postgres === undefined
    ? []
    : [
        [
          "PostgreSQL",
          await temporaryDatabase((name) => `postgres://postgres@127.0.0.1:${postgres}/${name}`, "postgres"),
        ] as const,
      ]),
  ...(mariadb === undefined
    ? []
    : [["MariaDB", await temporaryDatabase((name) => `mysql://root@127.0.0.1:${mariadb}/${name}`, "")] as const]),
]

interface Line {
  readonly what: "begin" | "end"
  readonly pid: number
  readonly id: string
  readonly at: number
  readonly attempt: number
  readonly fence: number
}
interface Settings {
  readonly url: string
  readonly everyMs: number
  readonly workMs: number
  readonly leaseMs: number
}

/** Nodes on one store, and what they have done so far. */
async function startNodes(commands: readonly (readonly string[])[], settings: Settings) {
  const namespace = `nodes-${crypto.randomUUID()}`
  const file = join(folder, `${namespace}.jsonl`)
  const given = JSON.stringify({ ...settings, namespace, file })
  const nodes = commands.map((command) =>
    Bun.spawn([...command, given], { stdin: "pipe", stdout: "pipe", stderr: "inherit" }),
  )
  for (const node of nodes) {
    const reader = node.stdout.getReader()
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("ready\n")
  }
  const lines = (what: Line["what"]): readonly Line[] =>
    (existsSync(file) ? readFileSync(file, "utf8") : "")
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Line)
      .filter((line) => line.what === what)
  const until = async (isTrue: () => boolean): Promise<void> => {
    for (let at = 0; at < 6_000 && !isTrue(); at++) await Bun.sleep(10)
    expect(isTrue()).toBe(true)
  }
  const end = async (): Promise<readonly RunRecord[]> => {
    for (const node of nodes)
      if (node.exitCode === null && node.signalCode === null) {
        node.stdin.write("stop\n")
        node.stdin.flush()
      }
    await Promise.all(nodes.map(({ exited }) => exited))
    const scheduler = openScheduler(settings.url, { namespace })
    const records = await scheduler.history("work", 1_000)
    await scheduler.remove("work")
    await scheduler.stop()
    return records
  }
  return { nodes, lines, until, end }
}
const onBun = (count: number) => Array.from({ length: count }, () => [process.execPath, program])

describe.each(urls)("nodes that share %s", (_what, url) => {
  test.each([2, 4])(
    "%d of them run each time once",
    async (count) => {
      const { lines, until, end } = await startNodes(onBun(count), { url, everyMs: 100, workMs: 5, leaseMs: 30_000 })
      await until(() => lines("end").length >= 30)
      const records = await end()
      const [begun, ended] = [lines("begin"), lines("end")]
      expect([new Set(begun.map(({ at }) => at)).size, ended.length]).toEqual([begun.length, begun.length])
      expect(new Set(begun.map(({ fence }) => fence)).size).toBe(begun.length)
      // None was left out but those that a busy machine was late for, and the history says so.
      const times = begun.map(({ at }) => at).toSorted((a, b) => a - b)
      const all = (times.at(-1)! - times[0]!) / 100 + 1
      const missed = records.filter(({ outcome }) => outcome === "missed").map(({ count: times = 1 }) => times)
      expect(all - begun.length).toBeLessThanOrEqual(missed.reduce((sum, one) => sum + one, 0))
      expect(records.filter(({ outcome }) => outcome === "succeeded")).toHaveLength(begun.length)
    },
    90_000,
  )

  test("one that is killed in the middle of a run leaves it to another, after its lease", async () => {
    const settings = { url, everyMs: 1_000, workMs: 3_000, leaseMs: 2_000 }
    const { nodes, lines, until, end } = await startNodes(onBun(3), settings)
    await until(() => lines("begin").length >= 1)
    const [victim] = lines("begin")
    nodes.find(({ pid }) => pid === victim!.pid)!.kill("SIGKILL")
    const killedMs = Date.now()
    const theirs = lines("begin").filter(({ pid }) => pid === victim!.pid)
    const again = (id: string) => lines("end").find((line) => line.id === id && line.pid !== victim!.pid)
    await until(() => theirs.every(({ id }) => again(id) !== undefined))
    const records = await end()
    for (const { id, at, fence } of theirs) {
      const second = lines("begin").find((line) => line.id === id && line.attempt === 2)!
      expect([second.at, second.fence > fence]).toEqual([at, true])
      expect(records.find((record) => record.id === id && record.outcome === "lost")).toMatchObject({ attempt: 1 })
      expect(records.find((record) => record.id === id && record.outcome === "succeeded")).toMatchObject({ attempt: 2 })
    }
    // Every other run was begun once.
    const others = lines("begin").filter(({ id }) => !theirs.some((one) => one.id === id))
    expect(new Set(others.map(({ at }) => at)).size).toBe(others.length)
    expect(Date.now() - killedMs).toBeGreaterThan(1_000)
  }, 90_000)
})

describe("on other runtimes", () => {
  beforeAll(async () => {
    const built = await Bun.build({ entrypoints: [program], target: "node", outdir: folder, naming: "[name].mjs" })
    expect(built.success).toBe(true)
  })
  const { NODE_BIN: node, DENO_BIN: deno } = process.env
  const others: readonly (readonly [string, readonly string[] | undefined])[] = [
    ["node", node && existsSync(node) ? [node, bundle] : undefined],
    ["deno", deno && existsSync(deno) ? [deno, "run", "--quiet", "--allow-all", "--no-lock", bundle] : undefined],
  ]
  for (const [runtime, command] of others) {
    if (command === undefined && process.env.CI !== "true") {
      console.warn(`skipped: what needs ${runtime}, for there is none`)
      continue
    }
    test.each(urls)(
      `nodes on ${runtime} and Bun share %s`,
      async (_what, url) => {
        const settings = { url, everyMs: 200, workMs: 1, leaseMs: 30_000 }
        const { nodes, lines, until, end } = await startNodes([command!, [process.execPath, program]], settings)
        const [other] = nodes
        await until(() => lines("end").filter(({ pid }) => pid === other!.pid).length >= 2)
        await end()
        const begun = lines("begin")
        expect(new Set(begun.map(({ at }) => at)).size).toBe(begun.length)
      },
      90_000,
    )
  }
})
