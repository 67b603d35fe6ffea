import { expect, test } from "bun:test"
import { ownPlatform } from "../testing-platform.ts"

/** `kms` and `secrets`, against a platform of their own. */
const { cli } = ownPlatform("kms")

test("kms makes, rotates and ends keys", async () => {
  expect((await cli(["kms", "list"])).stdout).toContain("No keys yet")
  expect((await cli(["kms", "create", "customers", "--rotate-every", "90"])).stdout).toBe(
    "Created key customers (AES-256-GCM).\n",
  )
  expect((await cli(["kms", "rotate", "customers"])).stdout).toBe("customers: version 2, enabled.\n")
  expect((await cli(["kms", "disable", "customers", "--json"])).json()).toMatchObject({ state: "disabled" })
  expect((await cli(["kms", "enable", "customers"])).stdout).toContain("enabled")
  const ended = await cli(["kms", "schedule-deletion", "customers", "--days", "7"])
  expect([ended.stdout, ended.stderr]).toEqual([
    expect.stringMatching(/^customers is destroyed on 20/),
    expect.stringContaining("ashlar kms cancel-deletion customers"),
  ])
  expect((await cli(["kms", "cancel-deletion", "customers"])).stdout).toContain("disabled")
  expect((await cli(["kms", "list"])).stdout).toMatch(/customers +AES-256-GCM +2 +1 +disabled/)
  expect((await cli(["kms", "rotate", "none"])).stderr).toContain("CRYPTO_KEY_NOT_FOUND")
  expect((await cli(["kms", "create", "x", "--algorithm", "none"])).exitCode).toBe(2)
})

test("kms audit tells what was done and refused, and whether that is as it was written", async () => {
  await cli(["kms", "create", "told"])
  const all = (await cli(["kms", "audit", "--key", "told"])).stdout
  expect(all).toMatch(/success +kms\.create +key:told/)
  const denied = (await cli(["kms", "audit", "--outcome", "denied", "--limit", "1", "--json"])).json()
  expect(denied).toMatchObject({ items: [{ action: "kms.rotate", details: { refused: "CRYPTO_KEY_NOT_FOUND" } }] })
  expect((await cli(["kms", "audit", "--key", "never"])).stdout).toBe("Nothing yet.\n")
  const more = (await cli(["kms", "audit", "--limit", "1"])).stdout
  const cursor = /--cursor (\d+)/.exec(more)?.[1] ?? ""
  expect((await cli(["kms", "audit", "--limit", "1", "--cursor", cursor])).stdout).not.toBe(more)
  expect(await cli(["kms", "audit", "--verify"])).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining("as written"),
  })
  expect((await cli(["kms", "audit", "--since", "yesterday"])).stderr).toContain("CRYPTO_OPTION_INVALID")
})

test("secrets are set from standard input, printed alone, and listed without their values", async () => {
  expect((await cli(["secrets", "list"])).stdout).toContain("No secrets yet")
  expect((await cli(["secrets", "set", "stripe", "--function", "pay"], "sk_1\n")).stdout).toBe(
    "Set stripe, version 1.\n",
  )
  expect((await cli(["secrets", "set", "stripe", "--expires", "30d"], "sk_2")).stdout).toBe("Set stripe, version 2.\n")
  expect((await cli(["secrets", "get", "stripe"])).stdout).toBe("sk_2\n")
  expect((await cli(["secrets", "get", "stripe", "--at", "1"])).stdout).toBe("sk_1\n")
  expect((await cli(["secrets", "list"])).stdout).toMatch(/stripe +2 +20.* +pay\n$/)
  expect((await cli(["secrets", "list", "--json"])).stdout).not.toContain("sk_")
  expect((await cli(["secrets", "history", "stripe"])).stdout).toMatch(/2 +20[\s\S]*1 +20/)
  expect((await cli(["kms", "rewrap", "ashlar.secrets"])).stdout).toBe(
    "Put 0 under the current version of ashlar.secrets.\n",
  )
  expect((await cli(["secrets", "set", "empty"])).exitCode).toBe(2)
  expect((await cli(["secrets", "remove", "stripe"])).stdout).toBe("Removed stripe.\n")
  expect((await cli(["secrets", "get", "stripe"])).exitCode).toBe(1)
})

test("kms forgets versions below a minimum, and destroys a key when that is confirmed", async () => {
  await cli(["kms", "create", "short-lived"])
  await cli(["kms", "rotate", "short-lived"])
  expect((await cli(["kms", "minimum", "short-lived", "2"])).stdout).toBe("short-lived: versions from 2 on work.\n")
  expect((await cli(["kms", "minimum", "short-lived", "9"])).stderr).toContain("CRYPTO_OPTION_INVALID")
  expect((await cli(["kms", "shred", "short-lived"])).exitCode).toBe(2)
  expect((await cli(["kms", "list"])).stdout).toMatch(/short-lived .* 2 +2 +enabled/)
  expect((await cli(["kms", "shred", "short-lived", "--yes"])).stdout).toBe("short-lived is destroyed.\n")
  expect((await cli(["kms", "enable", "short-lived"])).stderr).toContain("CRYPTO_KEY_DESTROYED")
})
