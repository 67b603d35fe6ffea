import { expect, test } from "bun:test"
import { createContainer } from "@ashlar/core"
import { createApp } from "@ashlar/http"
import { fuzzRoutes } from "@ashlar/testing"
import { database } from "./layers/database.ts"
import { User } from "./models/user.ts"
import { hashPassword } from "./passwords.ts"
import { conduitRoutes } from "./routes.ts"
import { Db, Settings, Tokens } from "./services.ts"

test("whatever is sent, the API keeps its promises", async () => {
  // The same routes without the layer that tells errors in another form: the fuzzer knows problem documents.
  const services = createContainer()
  services.override(Settings, { open: () => ({ databaseUrl: "sqlite::memory:", secret: "s".repeat(32) }) })
  const app = createApp({ services })
  app.scope("/api", [database], (api) => api.add(conduitRoutes))
  await services.get(Db)
  const password = await hashPassword("correct horse")
  const ana = await User.create({ username: "ana", email: "ana@example.com", password })
  const authorization = `Token ${await (await services.get(Tokens)).issue(ana.id)}`

  const report = await fuzzRoutes(app, {
    seed: 1,
    runs: 60,
    headers: { authorization },
    values: { username: ["ana"], email: ["ana@example.com"], password: ["correct horse"] },
  })
  expect(report.neverSucceeded).toEqual([])
  await services.close()
}, 120_000)
