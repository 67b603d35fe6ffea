import assert from "node:assert/strict"
import { after, test } from "node:test"
import { fuzzRoutes, testApp } from "@ashlar/testing"
import { app } from "./app.ts"

const api = testApp(app)
after(() => api.close())

test("routes are fuzzed", async () => {
  const { findings } = await fuzzRoutes(app, { seed: 1, runs: 30, returnsReport: true })
  assert.deepEqual(findings, [])
})

test("expectations", async () => {
  const shown = await api.get("/users/1").expectStatus(200).expectHeader("content-type", /json/).expectJson({ id: "1" })
  await api.delete("/users/1").expectProblem("HTTP_CONFLICT", { detail: /posts/ })
  assert.deepEqual(shown.snapshot().body, { id: "1", name: "Ada", at: "<time>" })
})
test("a check that fails", async () => void (await api.get("/users/1").expectStatus(404)))
test("an expectation that fails", async () => void (await api.post("/users").json({}).expectStatus(201)))
