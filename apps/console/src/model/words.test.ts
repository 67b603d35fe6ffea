import { describe, expect, test } from "bun:test"
import type { AuditEntry, JsonObject, Rules } from "@ashlar/sdk"
import { auditDetails, auditTarget, auditVerb } from "./audit.ts"
import { durationText, limitText, toAge, toAgo, toBytes, toInitials, toRemaining, toShort } from "./format.ts"
import { match } from "./match.ts"
import { strengthOf } from "./password.ts"
import { callers, describeRules, levelName, mayCall, opened, operations, ruleChanges, ruleSentence } from "./rules.ts"
import { layWall } from "./wall.ts"

const nowMs = Date.parse("2026-11-21T12:00:00.000Z")
const before = (ms: number): string => new Date(nowMs - ms).toISOString()

describe("figures", () => {
  test.each([
    [toAge(before(20_000), nowMs), "now"],
    [toAge(before(240_000), nowMs), "4 min"],
    [toAge(before(3 * 3_600_000), nowMs), "3 h"],
    [toAge(before(6.5 * 86_400_000), nowMs), "6 d"],
    [toAgo(before(-3 * 86_400_000), nowMs), "in 3 d"],
    [toAgo(before(0), nowMs), "just now"],
    [toRemaining(before(-85_260_000), nowMs), "23 h 41 min"],
    [toRemaining(before(1), nowMs), "no time"],
    [durationText(4.25), "4.3 ms"],
    [durationText(198), "198 ms"],
    [durationText(1_842), "1.84 s"],
    [limitText(10_000), "10 s"],
    [limitText(1_500), "1,500 ms"],
    [toShort(999), "999"],
    [toShort(1_204), "1.2 k"],
    [toShort(88_310), "88 k"],
    [toBytes(38_912), "38 KB"],
    [toInitials("Maya Lindqvist"), "ML"],
    [toInitials("maya@northwall.dev"), "MA"],
    [toInitials(""), "–"],
  ])("%s", (text, expected) => expect(text).toBe(expected))
})

describe("the audit", () => {
  const entry = (action: string, target: string, details: JsonObject = {}): AuditEntry => ({
    id: "1",
    at: before(0),
    actor: { kind: "user", id: "u", label: "maya@northwall.dev" },
    action,
    target,
    details,
  })
  const said = (one: AuditEntry): string => `${auditVerb(one)} ${auditTarget(one)} (${auditDetails(one)})`

  test.each([
    [entry("collection.create", "countries"), "created collection countries ()"],
    [entry("function.deploy", "atlas", { version: 2, sha256: "ab" }), "deployed atlas (version 2)"],
    [entry("key.create", "01a1", { name: "web", kind: "secret" }), "created key web (kind secret)"],
    [
      entry("collection.update", "c", { rules: { read: "public", create: null } }),
      "changed collection c (rules read public)",
    ],
    [
      entry("collection.update", "c", { rules: { read: null }, indexes: [] }),
      "changed collection c (rules none, indexes none)",
    ],
    [entry("moon.phase", "x"), "moon.phase x ()"],
  ])("%#", (one, text) => expect(said(one)).toBe(text))
})

describe("rules", () => {
  const closed: Rules = { read: null, create: null, update: null, delete: null }

  test("each level lets in all before it; members are outside of rules, viewers read only", () => {
    const rules: Rules = { read: "public", create: "publishable", update: "secret", delete: null }
    const grid = callers.map((caller) => operations.map((operation) => mayCall(caller, operation, rules)))
    expect(grid).toEqual([
      [true, false, false, false],
      [true, true, false, false],
      [true, true, false, false],
      [true, true, true, false],
      [true, false, false, false],
      [true, true, true, true],
    ])
  })

  test("what publishing changes is said per caller, and what opens to everybody is found", () => {
    const next: Rules = { ...closed, read: "public" }
    expect(ruleChanges(closed, next)).toEqual([
      "Anybody gains read.",
      "Publishable keys gain read.",
      "App users gain read.",
      "Secret keys gain read.",
    ])
    expect(ruleChanges(next, closed)[0]).toBe("Anybody loses read.")
    expect(opened(closed, next)).toEqual(["read"])
    expect(opened(next, next)).toEqual([])
    expect(opened(closed, { ...closed, read: "publishable" })).toEqual([])
    expect(ruleSentence("read", "public", 250)).toContain("all 250 documents")
  })

  test("a rule with conditions lets some users in, and says which", () => {
    const mine = { where: { owner: "$user.id" } }
    const rules: Rules = { ...closed, read: mine, update: "user", delete: { roles: ["editor"] } }
    const grid = callers.slice(0, 4).map((caller) => operations.map((operation) => mayCall(caller, operation, rules)))
    expect(grid).toEqual([
      [false, false, false, false],
      [false, false, false, false],
      [true, false, true, true],
      [true, false, true, true],
    ])
    expect([levelName(mine), describeRules(mine)]).toEqual(["Some app users", "app users, with conditions"])
    expect(ruleSentence("read", mine, 1)).toContain('{"owner":"$user.id"}')
    expect(ruleSentence("delete", { roles: ["editor", "admin"] }, 1)).toContain("with the role editor or admin")
    expect(ruleSentence("read", { mfa: true }, 1)).toContain(
      "Users of your app who have shown a second factor may read",
    )
    expect(ruleSentence("update", "user", 1)).toContain("signed in to your app")
  })
})

describe("the palette's matching", () => {
  test.each([
    ["Switzerland", "swi", [[0, 3]]],
    ["import-countries", "cou", [[7, 10]]],
    ["currencies", "enc", [[4, 7]]],
    [
      "Roll back to v13…",
      "rbk",
      [
        [0, 1],
        [5, 6],
        [8, 9],
      ],
    ],
    ["Functions", "xyz", undefined],
    ["a long name of things", "aoft", undefined],
  ] as const)("%s by %s", (text, search, marks) => expect(match(text, search)?.marks as never).toEqual(marks as never))

  test("ranks the start of a name before the start of a word before the middle", () => {
    const scores = ["count", "my count", "account"].map((text) => match(text, "count")?.score ?? 0)
    expect(scores).toEqual([...scores].sort((a, b) => b - a))
    expect(new Set(scores).size).toBe(3)
  })
})

test.each([
  ["", 0],
  ["short", 1],
  ["password1234", 1],
  ["aaaaaaaaaaaaaaaa", 1],
  ["threewords", 2],
  ["dressed stones", 3],
  ["a wall of dressed stone", 4],
] as const)("a password like %j gets %d bars", (password, bars) => expect(strengthOf(password).bars).toBe(bars))

describe("the wall", () => {
  test.each([
    [1440, 900, 690],
    [1280, 720, 480],
    [700, 1000, 690],
    [390, 844, 690],
    [320, 400, 690],
  ])("is whole at %d x %d: no gap, no overlap, the stone on its joints", (width, height, stoneHeight) => {
    const { blocks, stone, notes } = layWall(width, height, stoneHeight)
    expect(blocks.every((block) => block.width > 0 && block.x >= 0)).toBe(true)
    for (const y of new Set(blocks.map((block) => block.y))) {
      const row = blocks.filter((block) => block.y === y)
      const isBeside = y >= stone.y && y < stone.y + stone.height - 1
      const covered = row.reduce((sum, block) => sum + block.width, 0)
      expect(covered).toBe(isBeside ? Math.max(0, width - 480) : width)
    }
    expect(stone.y % 100).toBe(0)
    expect(new Set(notes.map((note) => note.y)).size).toBe(notes.length)
  })
})
