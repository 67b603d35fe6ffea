import { describe, expect, test } from "bun:test"
import type { AshlarError } from "@ashlar/core"
import { limitRanges, resolveLimits } from "./limits.ts"
import { checkDeployment, type Deployment } from "./manifest.ts"
import { cursorOf, limitOf, positionOf } from "./page.ts"

const good: Deployment = { name: "hello", runtime: "bun", code: "export default {}" }

function failureOf(run: () => unknown): AshlarError | undefined {
  try {
    run()
  } catch (error) {
    return error as AshlarError
  }
  return undefined
}

test("a deployment with every part is taken as it is", () => {
  const full: Deployment = {
    ...good,
    runtime: "quickjs",
    access: "public",
    env: { API_TOKEN: "x", _a9: "" },
    egress: ["api.example.com", "*.example.org:8443"],
    limits: { wallMs: 100, memoryMb: 64 },
  }
  expect(checkDeployment(full, 1000)).toEqual({ ...full, codeBytes: new Uint8Array(Buffer.from(full.code)) })
})

describe("a deployment is refused when", () => {
  test.each<[string, Record<string, unknown>, string]>([
    ["its name begins with a capital", { name: "Hello" }, "Expected name"],
    ["its name begins with a digit", { name: "1a" }, "Expected name"],
    ["its name is a path", { name: "../a" }, "Expected name"],
    ["its name is too long", { name: "a".repeat(64) }, "Expected name"],
    ["its name is no text", { name: 5 }, "Expected name"],
    ["it has no name", { name: undefined }, "Expected name"],
    ["its runtime is mistyped", { runtime: "quickj" }, 'Did you mean "quickjs"?'],
    ["its runtime is no text", { runtime: 1 }, "Expected runtime to be one of bun, quickjs."],
    ["its access is mistyped", { access: "Public" }, 'Did you mean "public"?'],
    ["it has no code", { code: "" }, "Expected code"],
    ["its code is no text", { code: { a: 1 } }, "Expected code"],
    ["a field is mistyped", { egres: [] }, 'Did you mean "egress"?'],
    ["egress is no list", { egress: "api.example.com" }, "Expected egress to be a list"],
    ["egress names an address of a page", { egress: ["https://a.example"] }, "Expected entries of egress"],
    ["env is a list", { env: [] }, "Expected env to be an object"],
    ["a name in env is none", { env: { "A-B": "x" } }, "Expected names in env"],
    ["a value in env is a number", { env: { PORT: 80 } }, "Expected env.PORT to be text"],
    ["env is too large", { env: { A: "x".repeat(70_000) } }, "Expected env to have at most"],
    ["a limit is mistyped", { limits: { wallMS: 1 } }, 'Did you mean "wallMs"?'],
  ])("%s", (_name, change, message) => {
    const failure = failureOf(() => checkDeployment({ ...good, ...change } as Deployment, 1000))
    expect([failure?.code, failure?.status]).toEqual(["FUNCTIONS_INVALID", 400])
    expect(failure?.message).toContain(message)
  })

  test("its bundle is too large, counted in bytes", () => {
    const failure = failureOf(() => checkDeployment({ ...good, code: "ä".repeat(501) }, 1000))
    expect([failure?.code, failure?.status, failure?.details]).toEqual([
      "FUNCTIONS_BUNDLE_TOO_LARGE",
      413,
      { limitBytes: 1000, sizeBytes: 1002 },
    ])
  })

  test("a value of env is wrong, without repeating it", () => {
    const failure = failureOf(() =>
      checkDeployment({ ...good, env: { A: ["hunter2"] } } as unknown as Deployment, 1000),
    )
    expect(failure?.message).not.toContain("hunter2")
  })
})

describe.each(["bun", "quickjs"] as const)("limits of %s", (runtime) => {
  test.each(Object.entries(limitRanges[runtime]))("%s has a range and a default", (name, [least, usual, most]) => {
    const limits = (value: number) => resolveLimits(runtime, { [name]: value }) as unknown as Record<string, number>
    expect(limits(least)[name]).toBe(least)
    expect(limits(most)[name]).toBe(most)
    expect((resolveLimits(runtime) as unknown as Record<string, number>)[name]).toBe(usual)
    for (const wrong of [least - 1, most + 1, usual + 0.5, Number.NaN, "8" as unknown as number])
      expect(failureOf(() => limits(wrong))?.code).toBe("FUNCTIONS_INVALID")
  })
})

test("a cursor is good for the list that gave it, and for no other", () => {
  expect(positionOf<string>("functions", cursorOf("functions", "b"), "string")).toBe("b")
  expect(positionOf<number>("logs/1", undefined, "number")).toBeUndefined()
  for (const wrong of ["", "x", cursorOf("functions", 5), cursorOf("logs/1", "b"), "bm9wZQ", "e30"])
    expect(failureOf(() => positionOf<string>("functions", wrong, "string"))?.code).toBe("FUNCTIONS_CURSOR_INVALID")
})

test("a page has 1 to 1,000 items, 50 unless told", () => {
  expect([limitOf({}), limitOf({ limit: 1 }), limitOf({ limit: 1000 })]).toEqual([50, 1, 1000])
  for (const limit of [0, 1001, -1, 1.5, Number.NaN])
    expect(failureOf(() => limitOf({ limit }))?.code).toBe("FUNCTIONS_INVALID")
})
