import { afterAll, describe, expect, test } from "bun:test"
import { join } from "node:path"
import { temporaryDatabase, temporaryFolder } from "@ashlar/cache/testing/databases"
import { findServer } from "@ashlar/cache/testing/servers"
import { openDatabase } from "@ashlar/orm"
import type { CrashPoint } from "../src/testing/pay-process.ts"

const program = join(import.meta.dir, "..", "src", "testing", "pay-process.ts")
const [postgres, mariadb] = [await findServer("PostgreSQL"), await findServer("MariaDB")]
const urls: readonly (readonly [string, string])[] = [
  ["SQLite", `sqlite:${join(temporaryFolder(), "shop.db")}`],
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

interface Came {
  readonly status: number
  readonly again: boolean
  readonly body: unknown
}

describe.each(urls)("a process that dies with a request, on %s", async (_name, url) => {
  const database = await openDatabase(url)
  await database.sql`create table payments (made varchar(100) not null)`.run()
  afterAll(() => database.close())

  async function pay(key: string, crash: CrashPoint, isAtomic: boolean): Promise<Came | undefined> {
    const given = JSON.stringify({ url, key, crash, isAtomic })
    const child = Bun.spawn([process.execPath, program, given], { stdin: "ignore", stdout: "pipe", stderr: "inherit" })
    const [said, code] = await Promise.all([new Response(child.stdout).text(), child.exited])
    expect(code).toBe(crash === "none" ? 0 : 137)
    return said === "" ? undefined : (JSON.parse(said) as Came)
  }
  async function payments(key: string): Promise<number> {
    return (await database.sql`select made from payments where made = ${key}`.all()).length
  }
  /** Asks until the claim of the dead one has ended. */
  async function payInTheEnd(key: string, isAtomic: boolean): Promise<Came> {
    for (let at = 0; at < 100; at++) {
      const came = (await pay(key, "none", isAtomic))!
      if (came.status !== 409) return came
      await Bun.sleep(100)
    }
    throw new RangeError("the claim never ended")
  }

  test.each<[CrashPoint, boolean]>([
    ["begun", false],
    ["worked", false],
    ["written", false],
    ["committed", true],
  ])(
    "once it has %s: with a transaction the payment is made exactly once",
    async (crash, isKept) => {
      const key = crypto.randomUUID()
      await pay(key, crash, true)
      expect(await payments(key)).toBe(isKept ? 1 : 0)
      const came = await payInTheEnd(key, true)
      expect(came).toEqual({ status: 200, again: isKept, body: { changes: 1, key } })
      expect([await payments(key), (await payInTheEnd(key, true)).again]).toEqual([1, true])
    },
    60_000,
  )

  test.each<[CrashPoint, number]>([
    ["begun", 1],
    ["worked", 2],
    ["unkept", 2],
    ["kept", 1],
  ])(
    "once it is %s: without one the payment is made at least once, and never again after that",
    async (crash, times) => {
      const key = crypto.randomUUID()
      await pay(key, crash, false)
      expect((await payInTheEnd(key, false)).status).toBe(200)
      expect([await payments(key), (await payInTheEnd(key, false)).again, await payments(key)]).toEqual([
        times,
        true,
        times,
      ])
    },
    60_000,
  )
})
