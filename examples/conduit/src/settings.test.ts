import { afterAll, expect, test } from "bun:test"
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { readSettings } from "./settings.ts"

const folder = mkdtempSync(join(tmpdir(), "conduit-settings-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test("what the environment says is taken, and no folder is made", () => {
  const nowhere = join(folder, "nowhere")
  const env = { DATABASE_URL: "postgres://localhost/conduit", JWT_SECRET: "s".repeat(32) }
  expect(readSettings(env, nowhere)).toEqual({ databaseUrl: env.DATABASE_URL, secret: env.JWT_SECRET })
  expect(existsSync(nowhere)).toBe(false)
})

test("what it leaves out is kept in the folder, for this user only", () => {
  const own = join(folder, "own")
  const settings = readSettings({}, own)
  expect(settings.databaseUrl).toBe(`sqlite:${join(own, "conduit.db")}`)
  expect(settings.secret.length).toBeGreaterThan(40)
  expect(readSettings({}, own)).toEqual(settings)
  expect(statSync(join(own, "secret")).mode & 0o777).toBe(0o600)
})
