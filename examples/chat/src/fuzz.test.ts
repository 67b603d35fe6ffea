import { afterAll, expect, test } from "bun:test"
import { fuzzRoutes } from "@ashlar/testing"
import { createChat } from "./app.ts"

const { app, hub } = createChat("memory:chat-fuzz")
afterAll(async () => {
  await app.stop(100)
  await hub.close()
})

test("whatever is sent, the rooms keep their promises", async () => {
  const { neverSucceeded } = await fuzzRoutes(app, { seed: 1, runs: 150 })
  // Its success is a connection, which a request without a handshake does not get.
  expect(neverSucceeded).toEqual(["GET /rooms/:room/socket"])
})
