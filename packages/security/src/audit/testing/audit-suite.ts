import { afterEach, beforeEach, describe, expect, test } from "bun:test"
import { manualClock } from "@ashlar/core"
import type { Audit, AuditEvent } from "../../audit/index.ts"
import { openAudit } from "../open-audit.ts"

export interface AuditSuiteOptions {
  /** Two handles on one store, each by its own connection where there are any. */
  readonly open: () => readonly [string | Parameters<typeof openAudit>[0], Parameters<typeof openAudit>[0]]
}

const NOW = Date.parse("2026-11-29T00:00:00Z")
export const eventOf = (n: number, more: Partial<AuditEvent> = {}): AuditEvent => ({
  action: "book.sold",
  actor: { type: "user", id: String(n) },
  target: { type: "book", id: `b${n}` },
  details: { n },
  ...more,
})

/** The suite that every store of an audit log passes. @example describeAuditStore("mine", { open: () => [mine, mine] }) */
export function describeAuditStore(what: string, { open }: AuditSuiteOptions): void {
  describe(`an audit log in ${what}`, () => {
    const stage = {} as Stage
    beforeEach(() => {
      const clock = manualClock(NOW)
      const [first, second] = open()
      Object.assign(stage, {
        one: openAudit(first, { clock }),
        other: openAudit(second, { clock }),
        stream: `s/${crypto.randomUUID()}`,
        clock,
      })
    })
    afterEach(async () => {
      await Promise.all([stage.one.close(), stage.other.close()])
    })

    describeWriting(stage)
    describeReading(stage)
    test("says SECURITY_AUDIT_CLOSED when it was", async () => {
      await stage.one.append(eventOf(1), { stream: stage.stream })
      await stage.one.close()
      await expect(stage.one.append(eventOf(1))).rejects.toMatchObject({ code: "SECURITY_AUDIT_CLOSED" })
    })
  })
}

interface Stage {
  one: Audit
  other: Audit
  stream: string
  clock: ReturnType<typeof manualClock>
}

function describeWriting(stage: Stage): void {
  test("keeps what was told, each behind the one before", async () => {
    const { one, other, stream, clock } = stage
    const first = await one.append(eventOf(1, { outcome: "denied", context: { address: "10.0.0.1" } }), { stream })
    clock.advance(5)
    const second = await other.append(eventOf(2), { stream })
    expect(first).toMatchObject({
      version: 1,
      stream,
      sequence: 1,
      at: "2026-11-29T00:00:00.000Z",
      action: "book.sold",
      actor: { type: "user", id: "1" },
      target: { type: "book", id: "b1" },
      outcome: "denied",
      context: { address: "10.0.0.1" },
      details: { n: 1 },
      previous: "0".repeat(64),
    })
    expect(second).toMatchObject({ sequence: 2, previous: first.hash, at: "2026-11-29T00:00:00.005Z" })
    expect((await one.list({ stream })).entries).toEqual([second, first])
    expect(await other.verify({ stream })).toMatchObject({
      ok: true,
      entries: 2,
      head: { sequence: 2, hash: second.hash },
    })
    expect(await one.streams()).toContain(stream)
  })
  test("gives all who append at once a place of their own, by one connection and another", async () => {
    const { one, other, stream } = stage
    const made = await Promise.all(
      Array.from({ length: 250 }, (_, n) => (n % 2 ? one : other).append(eventOf(n), { stream })),
    )
    expect(made.map(({ sequence }) => sequence).sort((a, b) => a - b)).toEqual(made.map((_, at) => at + 1))
    expect(await one.verify({ stream })).toMatchObject({ ok: true, entries: 250 })
  })
  test("never goes back in time, and keeps streams apart", async () => {
    const { one, stream, clock } = stage
    clock.advance(1_000)
    await one.append(eventOf(1), { stream })
    clock.advance(-1_000)
    expect((await one.append(eventOf(2), { stream })).at).toBe("2026-11-29T00:00:01.000Z")
    const upper = stream.toUpperCase()
    expect((await one.append(eventOf(1), { stream: upper })).sequence).toBe(1)
    expect((await one.list({ stream })).entries).toHaveLength(2)
    expect(await one.verify({ stream: "nobody/wrote/here" })).toMatchObject({ ok: true, entries: 0 })
  })
}

function describeReading(stage: Stage): void {
  test("finds entries by what they say, page by page, in both orders", async () => {
    const { one, stream, clock } = stage
    for (let n = 1; n <= 9; n++) {
      await one.append(eventOf(n % 3, { action: n % 2 ? "a.odd" : "a.even", outcome: n > 6 ? "failure" : "success" }), {
        stream,
      })
      clock.advance(1_000)
    }
    const places = async (query: Parameters<Audit["list"]>[0]) =>
      (await one.list({ stream, order: "oldest", ...query })).entries.map(({ sequence }) => sequence)
    expect(await places({ action: "a.odd" })).toEqual([1, 3, 5, 7, 9])
    expect(await places({ actor: { type: "user", id: "0" } })).toEqual([3, 6, 9])
    expect(await places({ target: { type: "book", id: "b1" }, outcome: "success" })).toEqual([1, 4])
    expect(await places({ since: new Date(NOW + 2_000), until: new Date(NOW + 4_000) })).toEqual([3, 4])
    expect(await places({ action: "A.ODD" })).toEqual([])
    for (const order of ["newest", "oldest"] as const) {
      const all: number[] = []
      let after: string | undefined
      do {
        const page = await one.list({
          stream,
          order,
          limit: 2,
          action: "a.odd",
          ...(after !== undefined && { after }),
        })
        all.push(...page.entries.map(({ sequence }) => sequence))
        after = page.next
      } while (after !== undefined)
      expect(all).toEqual(order === "newest" ? [9, 7, 5, 3, 1] : [1, 3, 5, 7, 9])
    }
  })
  test("takes away what is old, says so, and can be verified still", async () => {
    const { one, other, stream, clock } = stage
    for (let n = 1; n <= 6; n++) {
      await one.append(eventOf(n), { stream })
      clock.advance(1_000)
    }
    const anchor = (await one.verify({ stream })).head
    expect(await other.prune({ stream, before: new Date(NOW + 3_500) })).toEqual({ removed: 4, through: 4 })
    expect((await one.list({ stream, order: "oldest" })).entries.map(({ sequence }) => sequence)).toEqual([5, 6, 7])
    expect(await one.verify({ stream, anchors: [anchor] })).toMatchObject({ ok: true, entries: 3 })
    const told = (await one.list({ stream, action: "audit.pruned" })).entries[0]
    expect(told).toMatchObject({ actor: { type: "system", id: "retention" }, details: { removed: 4, through: 4 } })
    expect(await one.prune({ stream, before: new Date(NOW + 3_500) })).toEqual({ removed: 0, through: 4 })
    expect(await one.prune({ stream: "nobody/wrote/here", before: new Date(NOW) })).toEqual({
      removed: 0,
      through: 0,
    })
    // Twice, and all that can go: the last one stays.
    clock.advance(1_000)
    expect(await one.prune({ stream, before: new Date(NOW + 60_000) })).toEqual({ removed: 0, through: 4 })
    await one.append(eventOf(8), { stream })
    expect(await one.prune({ stream, before: new Date(NOW + 6_500) })).toEqual({ removed: 3, through: 7 })
    expect(await one.verify({ stream, anchors: [anchor] })).toMatchObject({ ok: true, entries: 2 })
  })
}
