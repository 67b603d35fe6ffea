import { test } from "bun:test"
import { fuzzRoutes } from "@ashlar/testing"
import { createHelloApp } from "./app.ts"

test("whatever is sent, the greeting and the echo keep their promises", async () => {
  await fuzzRoutes(createHelloApp(), { seed: 1, runs: 200 })
})
