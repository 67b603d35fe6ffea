import { expect, test } from "bun:test"
import { join } from "node:path"

/** The most that an app's first bundle grows by, compressed, in bytes. */
const MAX_BYTES = 3 * 1024
/** What is loaded with the first stream or WebSocket: a bundler puts it into a file of its own. */
const LATER = ["*/streams.ts", "*/socket.ts"]

async function bundle(entry: string): Promise<string> {
  const built = await Bun.build({
    entrypoints: [join(import.meta.dir, entry)],
    target: "browser",
    minify: true,
    format: "esm",
    external: LATER,
  })
  expect(built.outputs.length).toBe(1)
  return built.outputs[0]!.text()
}

test("a bundle with a client of an app holds nothing of the app, and is small", async () => {
  const text = await bundle("browser-app.ts")
  expect(text).toContain("api.example.com")
  for (const marker of ["server-code-marker", "secret-marker", "/users/:id", "HTTP_NOT_FOUND", "node:", "createApp"])
    expect(text).not.toContain(marker)
  expect(Bun.gzipSync(new TextEncoder().encode(text)).byteLength).toBeLessThanOrEqual(MAX_BYTES)
})

test("the same app as a server holds all of it: the markers are what they claim to be", async () => {
  const built = await Bun.build({ entrypoints: [join(import.meta.dir, "shop.ts")], target: "bun" })
  const text = await built.outputs[0]!.text()
  for (const marker of ["server-code-marker", "secret-marker", "/users/:id", "HTTP_NOT_FOUND", "createApp"])
    expect(text).toContain(marker)
})
