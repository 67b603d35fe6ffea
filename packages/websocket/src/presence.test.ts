import { afterEach, describe, expect, test } from "bun:test"
import { BusLink } from "./bus/link.ts"
import { Presence, type PresenceEvents, type PresenceOptions } from "./presence.ts"

const opened: Presence[] = []
const failed: unknown[] = []
let bus = 0

/** One process of several that share a bus. */
function process(id: string, events: PresenceEvents = {}, more: Partial<PresenceOptions> = {}): Presence {
  const presence = new Presence({
    processId: id,
    name: "hub",
    link: new BusLink(`memory:presence-${bus}`, (error) => void failed.push(error)),
    member: undefined,
    presence: events,
    presenceTtlSeconds: 1,
    maxMembersPerRoom: 10_000,
    maxMemberBytes: 1024,
    onError: (error) => void failed.push(error),
    ...more,
  })
  opened.push(presence)
  return presence
}

afterEach(() => {
  for (const presence of opened.splice(0)) presence.close()
  bus++
  expect(failed).toEqual([])
})

describe("presence", () => {
  test("tells a process that comes later of thousands, in as many parts as it takes", async () => {
    const a = process("a")
    const all = Array.from({ length: 5000 }, (_, index) => ({ id: `a-${index}`, data: { name: "x".repeat(100) } }))
    await Promise.all(all.map((member) => a.enter("room", member)))
    const b = process("b")
    expect(await b.members("room")).toEqual(all)
    expect(await b.members("other")).toEqual([])
  })
  test("shows what JSON makes of a member", async () => {
    const alone = process("a", {}, { link: undefined })
    await alone.enter("room", { id: "1", data: { at: new Date(0), no: undefined } })
    expect(await alone.members("room")).toEqual([{ id: "1", data: { at: "1970-01-01T00:00:00.000Z" } }])
  })
  test("is no news to whoever comes, and is news to whoever was there", async () => {
    const heard: string[] = []
    const events = (who: string): PresenceEvents => ({
      join: (_room, { id }) => void heard.push(`${who}: ${id} came`),
      leave: (_room, { id }) => void heard.push(`${who}: ${id} went`),
    })
    const a = process("a", events("a"))
    await a.enter("room", { id: "1", data: null })
    const b = process("b", events("b"))
    await b.enter("room", { id: "2", data: null })
    await Bun.sleep(20)
    expect(heard.toSorted()).toEqual(["a: 1 came", "a: 2 came", "b: 2 came"])
    b.leave("room", "2")
    await Bun.sleep(20)
    expect(heard.slice(3).toSorted()).toEqual(["a: 2 went", "b: 2 went"])
    a.leave("room", "1")
    a.leave("room", "1")
    await Bun.sleep(20)
    expect(heard).toHaveLength(6)
  })
  test("refuses a member that is too large, or one too many, and keeps those it has", async () => {
    const a = process("a", {}, { maxMembersPerRoom: 1, maxMemberBytes: 10 })
    expect(() => a.enter("room", { id: "1", data: "x".repeat(9) })).toThrow(
      expect.objectContaining({ code: "WEBSOCKET_OPTION_INVALID" }),
    )
    await a.enter("room", { id: "1", data: "x" })
    await a.enter("room", { id: "1", data: "y" })
    expect(() => a.enter("room", { id: "2", data: "x" })).toThrow(
      expect.objectContaining({ code: "WEBSOCKET_MEMBERS_EXCEEDED", details: { maxMembersPerRoom: 1 } }),
    )
    expect(await a.members("room")).toEqual([{ id: "1", data: "y" }])
  })
})
