import { afterAll, beforeAll, expect, test } from "bun:test"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { makeResetLink } from "./reset-link.ts"
import { raiseStage, type Stage } from "./testing/cast.ts"

const viewer = { email: "viewer@example.com", password: "a phrase for the tests" }
let stage: Stage
beforeAll(async () => {
  stage = await raiseStage()
}, 30_000)
afterAll(() => stage.close())

const post = async (path: string, body: object) => {
  const answer = await stage.call("anonymous", "POST", path, body)
  return [answer.status, answer.body.code ?? answer.body]
}
const folder = () => join(stage.data, "data")

test("a link made beside the running install lets its person back in, once", async () => {
  const { token, expiresAt } = makeResetLink(folder(), { email: viewer.email, factors: true })
  const facts = { email: viewer.email, name: "viewer", factors: true, expiresAt }
  expect(await post("/v1/auth/reset/check", { token })).toEqual([200, facts])
  const password = "another phrase for the tests"
  expect(await post("/v1/auth/reset", { token, password: "short" })).toEqual([422, "IDENTITY_WEAK_PASSWORD"])
  expect(await post("/v1/auth/reset", { token, password })).toEqual([204, ""])
  expect(await post("/v1/auth/reset", { token, password })).toEqual([410, "IDENTITY_RESET_LINK_SPENT"])
  expect((await stage.call("viewer", "GET", "/v1/auth/me")).body.code).toBe("IDENTITY_SESSION_ENDED")
  expect((await stage.call("owner", "GET", "/v1/auth/me")).status).toBe(200)
  expect(await post("/v1/auth/signin", viewer)).toEqual([401, "IDENTITY_WRONG_CREDENTIALS"])
  expect((await post("/v1/auth/signin", { ...viewer, password }))[0]).toBe(200)
  for (const secret of [token, password, viewer.email]) expect(stage.log.join("")).not.toContain(secret)
})

test("a link that is over is refused", async () => {
  const nowMs = Date.now() - 3_600_000
  const { token } = makeResetLink(folder(), { email: viewer.email, factors: false, nowMs })
  expect(await post("/v1/auth/reset", { token, password: "a phrase" })).toEqual([410, "IDENTITY_RESET_LINK_SPENT"])
})

test("a folder without an install stays as it is", () => {
  const nowhere = join(stage.data, "nowhere")
  const make = () => makeResetLink(nowhere, { email: viewer.email, factors: false })
  expect(make).toThrow(expect.objectContaining({ code: "SERVER_DATA_MISSING" }))
  expect(existsSync(nowhere)).toBe(false)
})
