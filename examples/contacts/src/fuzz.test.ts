import { test } from "bun:test"
import { fuzzRoutes } from "@ashlar/testing"
import { createContactsApp } from "./app.ts"

test("whatever is sent, the address book keeps its promises", async () => {
  await fuzzRoutes(createContactsApp(), { seed: 1, runs: 200 })
})
