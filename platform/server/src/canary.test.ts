import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { randomBytes } from "node:crypto"
import { type Cage, type Canary, crawl, finderOf, type Seen, setCanaries } from "./testing/canary.ts"
import { openPeopleWays, type PeopleWays } from "./testing/canary-person.ts"
import { type MatrixCaller, type MatrixStage, raiseMatrixStage } from "./testing/matrix-cast.ts"

/**
 * A project holds a canary in every kind of data that it can hold. Every surface is visited as everybody else, and no canary is
 * seen: neither in an answer, an error or a header, nor in what the server logs.
 */

let matrix: MatrixStage
let cage: Cage
let ways: PeopleWays
let owner: MatrixCaller
beforeAll(async () => {
  const secret = (kind: string): string => `canary${kind}${randomBytes(12).toString("hex")}`
  ways = await openPeopleWays({ mailPassword: secret("mail"), providerSecret: secret("provider") })
  matrix = await raiseMatrixStage(ways.options)
  owner = matrix.callers.find(({ name }) => name === "other owner")!
  cage = await setCanaries(matrix, owner, ways)
}, 180_000)
afterAll(async () => {
  await matrix.stage.close()
  ways.sink.close()
})

/** The kinds that were seen, each with where. */
function spotted(seen: readonly Seen[], canaries: readonly Canary[]): readonly string[] {
  const places = new Map<string, string>()
  for (const { call, text } of seen) {
    const finds = finderOf(text)
    for (const canary of canaries) if (!places.has(canary.kind) && finds(canary.text)) places.set(canary.kind, call)
  }
  return canaries.flatMap(({ kind }) => (places.has(kind) ? [`${kind} in ${places.get(kind)}`] : []))
}

describe("a canary", () => {
  test("is seen by no stranger, on any surface", async () => {
    for (const caller of matrix.callers.filter(({ home }) => home !== "yard")) {
      const seen = await crawl(matrix, caller, cage)
      expect(seen.length).toBeGreaterThan(150)
      // The address says the name of what is asked for; what comes back must not say more than that.
      const asked = Object.values(cage.things)
      const unknown = cage.canaries.filter(({ text }) => !asked.includes(text))
      expect([caller.name, spotted(seen, unknown)]).toEqual([caller.name, []])
    }
  }, 300_000)

  test("is seen by a key of its project only where the rules say so", async () => {
    for (const caller of matrix.callers.filter(({ home, as }) => home === "yard" && as === "publishable")) {
      const seen = await crawl(matrix, caller, cage)
      const closed = cage.canaries.filter(({ seenBy, kind }) => seenBy !== "readers" && kind !== "function")
      expect([caller.name, spotted(seen, closed)]).toEqual([caller.name, []])
    }
  }, 60_000)

  test("that is a secret is seen by nobody, not even by the owner", async () => {
    const seen = await crawl(matrix, owner, cage)
    expect(
      spotted(
        seen,
        cage.canaries.filter(({ seenBy }) => seenBy === "nobody"),
      ),
    ).toEqual([])
  }, 60_000)

  test("is in no line of the server's log", () => {
    // It has been where the password of the mail server was used.
    expect(matrix.stage.log.some((line) => line.includes("mail was not sent"))).toBe(true)
    const lines = matrix.stage.log.map((text, at) => ({ call: `line ${at}`, text }))
    expect(spotted(lines, cage.canaries)).toEqual([])
  })
})

describe("the crawl is not blind", () => {
  test("the owner sees every canary that is not a secret", async () => {
    const seen = await crawl(matrix, owner, cage)
    const open = cage.canaries.filter(({ seenBy }) => seenBy !== "nobody")
    expect(spotted(seen, open).map((one) => one.split(" ")[0])).toEqual(open.map(({ kind }) => kind))
  }, 60_000)

  test("a leak that is planted is found, whatever it is dressed in", async () => {
    const stranger = matrix.callers.find(({ name }) => name === "anonymous")!
    const canary = cage.canaries.find(({ kind }) => kind === "env")!
    const leak = async (code: string): Promise<readonly string[]> => {
      const name = cage.things.function
      await matrix.call(owner, "POST /v1/projects/yard/functions", { name, runtime: "quickjs", access: "public", code })
      return spotted(await crawl(matrix, stranger, cage), [canary])
    }
    const answer = (text: string): string => `export default { fetch: () => new Response(${text}) }`
    expect(await leak(answer("'nothing'"))).toEqual([])
    const said = JSON.stringify(canary.text)
    const forms = [said, `btoa("x" + ${said})`, `[...${said}].reverse().join("")`]
    for (const form of forms)
      expect(await leak(answer(form))).toEqual([expect.stringMatching(/^env in \w+ \/f\/yard\//)])
  }, 300_000)
})
