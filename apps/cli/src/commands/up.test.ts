import { expect, test } from "bun:test"
import { loadServer } from "./up.ts"

test("a command line without the platform beside it says how to install it", async () => {
  const error = await loadServer("@ashlar/not-installed").catch((cause: unknown) => cause)
  expect(error).toMatchObject({
    code: "CLI_SERVER_NOT_INSTALLED",
    message: expect.stringContaining("bun add @ashlar/server"),
  })
})
