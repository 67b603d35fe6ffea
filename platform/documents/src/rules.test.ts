import { describe, expect, test } from "bun:test"
import { refusal } from "../test/project.ts"
import {
  type Access,
  actions,
  checkAllowed,
  closedRules,
  isAllowed,
  parseRules,
  type RuleCaller,
  type Rules,
} from "./rules.ts"

const facts = { id: "u1", email: "ada@x.org", roles: ["editor"], claims: {} }
const ada: RuleCaller = { kind: "user", user: { ...facts, mfa: false } }
/** The same, once she has shown a second factor. */
const adaMfa: RuleCaller = { kind: "user", user: { ...facts, mfa: true } }
const callers: readonly RuleCaller[] = ["anonymous", "publishable", ada, adaMfa, "secret", "function", "member"]
/** Who each level lets in, in full. */
const allowed: readonly [access: Access, callers: readonly RuleCaller[]][] = [
  ["public", ["anonymous", "publishable", ada, adaMfa, "secret", "function", "member"]],
  ["publishable", ["publishable", ada, adaMfa, "secret", "function", "member"]],
  ["user", [ada, adaMfa, "secret", "function", "member"]],
  [{ roles: ["editor"] }, [ada, adaMfa, "secret", "function", "member"]],
  [{ roles: ["admin", "editor"], where: { by: "$user.id" } }, [ada, adaMfa, "secret", "function", "member"]],
  [{ mfa: true }, [adaMfa, "secret", "function", "member"]],
  [{ mfa: true, roles: ["editor"] }, [adaMfa, "secret", "function", "member"]],
  [{ mfa: true, roles: ["admin"] }, ["secret", "function", "member"]],
  [{ roles: ["admin"] }, ["secret", "function", "member"]],
  ["secret", ["secret", "function", "member"]],
  [null, ["member"]],
]

describe("a rule lets in", () => {
  for (const [access, who] of allowed) {
    for (const action of actions) {
      test(`${action}: ${JSON.stringify(access)} → ${JSON.stringify(who)}`, async () => {
        // Every other rule is the opposite, so that looking at the wrong one is found out.
        const other: Access = access === null ? "public" : null
        const rules: Rules = { read: other, create: other, update: other, delete: other, [action]: access }
        expect(callers.filter((caller) => isAllowed(rules, action, caller))).toEqual([...who])
        for (const caller of callers) {
          const { code, message, details } = await refusal(() => checkAllowed("c", rules, { action, caller }))
          expect(code).toBe(who.includes(caller) ? "NONE" : "DOCUMENTS_FORBIDDEN")
          if (code === "NONE") continue
          expect(message).toContain(`rules.${action}`)
          const needs = typeof access === "object" && access !== null ? "user" : access
          const kind = typeof caller === "string" ? caller : "user"
          expect(details).toEqual({ collection: "c", rule: action, needs, caller: kind })
        }
      })
    }
  }
})

test("what is not said is closed", () => {
  expect(parseRules(undefined)).toEqual(closedRules)
  expect(parseRules({ read: "public" })).toEqual({ read: "public", create: null, update: null, delete: null })
})

test("what is not said stays, when rules change", () => {
  const before: Rules = { read: "public", create: "secret", update: null, delete: null }
  expect(parseRules({ create: null, update: "publishable" }, before)).toEqual({
    read: "public",
    create: null,
    update: "publishable",
    delete: null,
  })
})

describe("rules are refused", () => {
  const rows: readonly [name: string, rules: unknown, code: string, pointer: string, hint?: string][] = [
    ["no object", "public", "DOCUMENTS_COLLECTION_INVALID", "/rules"],
    ["a list", [], "DOCUMENTS_COLLECTION_INVALID", "/rules"],
    ["null for all", null, "DOCUMENTS_COLLECTION_INVALID", "/rules"],
    ["a misspelt action", { reed: "public" }, "DOCUMENTS_FIELD_UNKNOWN", "/rules/reed", "read"],
    ["a misspelt level", { read: "pubic" }, "DOCUMENTS_COLLECTION_INVALID", "/rules/read", "public"],
    ["true", { read: true }, "DOCUMENTS_COLLECTION_INVALID", "/rules/read", "publishable"],
    ["what objects inherit", { read: "constructor" }, "DOCUMENTS_COLLECTION_INVALID", "/rules/read"],
  ]
  for (const [name, rules, code, pointer, hint = ""] of rows) {
    test(name, async () => {
      const { code: got, details, message } = await refusal(() => parseRules(rules))
      expect({ code: got, pointer: details.pointer }).toEqual({ code, pointer })
      expect(message).toContain(hint)
    })
  }
})
