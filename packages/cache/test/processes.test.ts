import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import { openCache } from "../src/index.ts"
import { temporaryFolder } from "../src/testing/test-database.ts"
import { findServer } from "../src/testing/test-servers.ts"

const PROCESSES = 4
const folder = temporaryFolder()
const redis = await findServer("Redis")
const urls = [
  `file:${join(folder, "files")}`,
  `sqlite:${join(folder, "cache.db")}?synchronous=NORMAL`,
  `tiered:memory:,sqlite:${join(folder, "tiers.db")}?synchronous=NORMAL`,
  ...(redis === undefined
    ? []
    : [
        `redis://127.0.0.1:${redis}?prefix=ashlar-test-processes`,
        `tiered:memory:,redis://127.0.0.1:${redis}?prefix=ashlar-test-tiers`,
      ]),
]

describe.each(urls)("processes that share %s", (url) => {
  test("make a value once between them, and see it dropped", async () => {
    const cache = openCache(url)
    const key = crypto.randomUUID()
    await cache.ready()
    const children = Array.from({ length: PROCESSES }, () =>
      Bun.spawn([process.execPath, join(import.meta.dir, "..", "src", "testing", "ask-process.ts"), url, key], {
        stdin: "pipe",
        stdout: "pipe",
        stderr: "inherit",
      }),
    )
    const lines = children.map((child) => linesOf(child.stdout))
    for (const line of lines) expect(await line()).toBe("ready")
    for (const child of children) {
      child.stdin.write("ask\n")
      child.stdin.flush()
    }
    const answers = await Promise.all(lines.map((line) => line()))
    expect(new Set(answers).size).toBe(1)
    await cache.invalidate(`${key} tag`)
    await Bun.sleep(400) // within which a tier in front hears of it
    for (const child of children) {
      child.stdin.write("get\n")
      child.stdin.flush()
    }
    expect(await Promise.all(lines.map((line) => line()))).toEqual(children.map(() => "nothing"))
    for (const child of children) child.stdin.end()
    expect(await Promise.all(children.map(({ exited }) => exited))).toEqual(children.map(() => 0))
    await cache.close()
  })
})

function linesOf(stream: ReadableStream<Uint8Array>): () => Promise<string> {
  const reader = stream.pipeThrough(new TextDecoderStream() as never).getReader() as ReadableStreamDefaultReader<string>
  let text = ""
  return async () => {
    while (!text.includes("\n")) {
      const { done, value } = await reader.read()
      if (done) return text
      text += value
    }
    const [line = ""] = text.split("\n")
    text = text.slice(line.length + 1)
    return line
  }
}
