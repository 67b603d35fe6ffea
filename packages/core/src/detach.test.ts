import { expect, test } from "bun:test"
import { createAmbient } from "./ambient.ts"
import { detach } from "./detach.ts"

test("work runs in the context in which the way out was made, at once and after an await", async () => {
  const current = createAmbient<string>("current")
  const outside = detach()
  const inside = current.run("maker", () => detach())
  await current.run("caller", async () => {
    expect([current.get(), outside(() => current.get()), inside(() => current.get())]).toEqual([
      "caller",
      undefined,
      "maker",
    ])
    const late = outside(async () => {
      await Promise.resolve()
      return current.get()
    })
    expect([await late, current.get()]).toEqual([undefined, "caller"])
  })
})
