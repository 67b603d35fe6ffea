import { describe, expect, test } from "bun:test"
import { passkeyPlace } from "./passkey-place.ts"
import { startServer } from "./server.ts"

describe("where passkeys are made and shown", () => {
  test.each([
    ["https://console.example.com", "console.example.com"],
    ["https://console.example.com:8443/", "console.example.com"],
    ["http://localhost:4000", "localhost"],
  ])("%s: for %s", (url, rpId) => {
    expect(passkeyPlace(url)).toEqual({ rpId, origins: [new URL(url).origin] })
  })

  test.each(["http://127.0.0.1:4000", "https://203.0.113.7", "https://[2001:db8::1]"])("%s: nowhere", (url) => {
    expect(passkeyPlace(url)).toBeUndefined()
  })

  test.each([
    ...["http://console.example.com", "https://console.example.com/path", "https://a@console.example.com"],
    ...["console.example.com", "ftp://console.example.com", "https://console.example.com/?a=1", ""],
  ])("%p is refused, and before anything is opened", async (publicUrl) => {
    const started = startServer({ publicUrl, data: "/nowhere/that/is" })
    expect(await started.catch((error) => error)).toMatchObject({ code: "SERVER_PUBLIC_URL_INVALID" })
  })
})
