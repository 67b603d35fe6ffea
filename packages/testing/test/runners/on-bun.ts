import { afterAll, expect, test } from "bun:test"
import { fuzzRoutes, testApp } from "@ashlar/testing"
import "@ashlar/testing/bun"
import { app } from "./app.ts"

const api = testApp(app)
afterAll(() => api.close())

test("routes are fuzzed", async () => {
  const { findings } = await fuzzRoutes(app, { seed: 1, runs: 30, returnsReport: true })
  expect(findings).toEqual([])
})

test("matchers", async () => {
  const shown = await api.get("/users/1")
  expect(shown).toHaveStatus(200)
  expect(shown).not.toHaveStatus("4xx")
  expect(shown).toHaveHeader("content-type", /json/)
  expect(shown).toHaveJson({ id: "1" })
  expect(await api.delete("/users/1")).toHaveProblem("HTTP_CONFLICT", { detail: expect.stringContaining("posts") })
  expect(shown.snapshot().body).toMatchInlineSnapshot(`
    {
      "at": "<time>",
      "id": "1",
      "name": "Ada",
    }
  `)
})
test("a matcher that fails", async () => expect(await api.get("/users/1")).toHaveStatus(404))
test("an expectation that fails", async () => void (await api.post("/users").json({}).expectStatus(201)))
