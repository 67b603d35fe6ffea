import { expect, test } from "bun:test"
import { loadServer } from "./up.ts"

test("a command line without the platform beside it says how to install it", async () => {
  const missing: string = "@ashlar/server-that-is-not-installed"
  const error = await loadServer(() => import(missing)).catch((cause: unknown) => cause)
  expect(error).toMatchObject({
    code: "CLI_SERVER_NOT_INSTALLED",
    message: expect.stringContaining("bun add @ashlar/server"),
  })
})

test("another module that is missing is not taken for it", async () => {
  const missing: string = "./gone.ts"
  expect(loadServer(() => import(missing))).rejects.toMatchObject({ code: "ERR_MODULE_NOT_FOUND" })
})
