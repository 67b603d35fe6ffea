import { describe, expect, test } from "bun:test"
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { readPeopleProviders } from "./people-providers.ts"

const SECRET = "the secret of the install at the provider"

describe("what names providers", () => {
  const good = [{ name: "google", kind: "google", clientId: "ashlar", clientSecret: SECRET }]
  const codeOf = (call: () => unknown): string => {
    try {
      call()
      return "none"
    } catch (error) {
      const { code = "", message } = error as { code?: string; message: string }
      expect(message).not.toContain(SECRET)
      return code
    }
  }

  test("is a file that its owner alone may read, or a variable", () => {
    const folder = mkdtempSync(join(tmpdir(), "ashlar-providers-"))
    const path = join(folder, "providers.json")
    writeFileSync(path, JSON.stringify(good), { mode: 0o600 })
    expect(readPeopleProviders(`file:${path}`)).toEqual(good)
    chmodSync(path, 0o644)
    expect(codeOf(() => readPeopleProviders(`file:${path}`))).toBe("SERVER_PROVIDERS_INVALID")
    expect(readPeopleProviders("env:P", { P: JSON.stringify(good) })).toEqual(good)
    rmSync(folder, { recursive: true })
  })

  test.each([
    ["no place", "providers.json", undefined],
    ["no file", "file:/nowhere/providers.json", undefined],
    ["no variable", "env:NONE", undefined],
    ["no JSON", "env:P", `[{ "clientSecret": "${SECRET}" `],
    ["no list", "env:P", JSON.stringify(good[0])],
    ["no secret", "env:P", JSON.stringify([{ name: "google", kind: "google", clientId: "x" }])],
  ])("is refused when it is %s, without a word of what is in it", (_, url, P) => {
    expect(codeOf(() => readPeopleProviders(url, { P }))).toBe("SERVER_PROVIDERS_INVALID")
  })
})
