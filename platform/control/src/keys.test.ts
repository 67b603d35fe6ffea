import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { createHash } from "node:crypto"
import type { KeyCaller, KeyKind, Need } from "./access.ts"
import { codeOf, failureOf, type Install, openInstall, type TestProject } from "./testing/install.ts"

let install: Install
let atlas: TestProject
beforeAll(async () => {
  install = await openInstall({ limits: { lastUsedDelayMs: 20 } })
  atlas = await install.project("atlas")
})
afterAll(() => install.close())

async function reasonOf(text: string): Promise<unknown> {
  const failure = await failureOf(() => install.control.keys.authenticate(text))
  expect(failure).toMatchObject({ code: "CONTROL_KEY_REFUSED", status: 401 })
  if (text) expect(JSON.stringify(failure)).not.toContain(text)
  return failure?.details?.reason
}

function auditOf(action: string): { actor_label: string; target: string; details: string }[] {
  const sql = "SELECT actor_label, target, details FROM control_audit WHERE project_id = ? AND action = ? ORDER BY n"
  return install.file.all(sql, [atlas.project.id, action])
}

function countRows(table: string): number {
  return install.file.get<{ count: number }>(`SELECT count(*) AS count FROM ${table}`)!.count
}

describe("a new key", () => {
  test.each(["publishable", "secret"] as const)("of kind %s is shown once and opens its project", async (kind) => {
    const { key, secret } = await install.control.keys.create(atlas.access("developer"), { kind, name: " ci " })
    expect(secret).toMatch(new RegExp(`^ak_${kind}_[0-9A-Za-z]{17}_[0-9A-Za-z]{43}$`))
    expect(key).toEqual({
      ...{ id: secret.split("_")[2]!, kind, scopes: null, name: "ci", hint: secret.slice(-4) },
      ...{ createdAt: "2026-01-01T00:00:00.000Z", lastUsedAt: null, expiresAt: null, revokedAt: null },
    })
    const caller = install.control.keys.authenticate(secret)
    const { id: projectId } = atlas.project
    expect(caller).toEqual({ kind: "key", id: key.id, projectId, keyKind: kind, scopes: null, name: "ci" })
    expect(install.control.authorize(caller, "self", { role: "viewer", key: kind })).toMatchObject({
      as: kind,
      role: null,
      actor: { kind: "key", id: key.id, label: "ci" },
    })
    const audit = auditOf("key.create").at(-1)!
    expect(audit.actor_label).toBe("developer-of-atlas@example.org")
    expect(audit.target).toBe(key.id)
    expect(JSON.parse(audit.details)).toEqual({ kind, name: "ci", hint: key.hint, expiresAt: null })
  })

  test("is in the database as the SHA-256 of its secret, and in clear nowhere on the disk", async () => {
    const { key, secret } = await install.control.keys.create(atlas.access("owner"), { kind: "secret", name: "scan" })
    const rotated = await install.control.keys.rotate(atlas.access("owner"), key)
    const row = install.file.get<{ secret_hash: Uint8Array }>("SELECT secret_hash FROM control_keys WHERE id = ?", [
      key.id,
    ])!
    const secretPart = secret.split("_")[3]!
    expect(Buffer.from(row.secret_hash)).toEqual(createHash("sha256").update(secretPart).digest())
    const bytes = await install.databaseBytes()
    expect(bytes.includes(key.id)).toBe(true)
    expect(bytes.includes(Buffer.from(row.secret_hash))).toBe(true)
    for (const text of [secret, rotated.secret]) {
      expect(bytes.includes(text)).toBe(false)
      expect(bytes.includes(text.split("_")[3]!)).toBe(false)
      expect(bytes.includes(text.split("_")[3]!.slice(0, 20))).toBe(false)
    }
  })

  test.each<[string, { kind: string; name: string; expiresAt?: string; scopes?: string[] }]>([
    ["an unknown kind", { kind: "admin", name: "x" }],
    ["no name", { kind: "secret", name: "" }],
    ["a name that is too long", { kind: "secret", name: "x".repeat(101) }],
    ["an end in the past", { kind: "secret", name: "x", expiresAt: "2025-12-31T23:59:59Z" }],
    ["an end right now", { kind: "secret", name: "x", expiresAt: "2026-01-01T00:00:00Z" }],
    ["an end that is no time", { kind: "secret", name: "x", expiresAt: "tomorrow" }],
    ["an end that is no day", { kind: "secret", name: "x", expiresAt: "2030-13-01T00:00:00Z" }],
    ["an end without a zone", { kind: "secret", name: "x", expiresAt: "2030-01-01T00:00:00" }],
    ["an empty end", { kind: "secret", name: "x", expiresAt: "" }],
    ["an unknown scope", { kind: "secret", name: "x", scopes: ["documents:read", "documents:*"] }],
    ["a scope of two", { kind: "secret", name: "x", scopes: ["documents:read documents:write"] }],
    ["no scope at all", { kind: "secret", name: "x", scopes: [] }],
    ["scopes, being publishable", { kind: "publishable", name: "x", scopes: ["documents:read"] }],
  ])("is refused with %s, and leaves no trace", async (_name, wish) => {
    const before = countRows("control_audit")
    const create = (): Promise<unknown> =>
      install.control.keys.create(atlas.access("owner"), { ...wish, kind: wish.kind as KeyKind })
    expect(await codeOf(create)).toBe("CONTROL_INVALID_INPUT")
    expect(countRows("control_audit")).toBe(before)
  })

  test("is refused beyond the limit, where revoked ones do not count and are kept for a while", async () => {
    const small = await openInstall({ limits: { keysPerProject: 2, revokedKeysPerProject: 3 } })
    const { access } = await small.project("small")
    const create = (): Promise<{ key: { id: string } }> =>
      small.control.keys.create(access("owner"), { kind: "secret", name: "x" })
    await create()
    let { key } = await create()
    expect(await failureOf(create)).toMatchObject({ code: "CONTROL_LIMIT_REACHED", details: { limit: 2 } })
    // A rotation at the limit is no more keys than before.
    for (let n = 0; n < 6; n++) key = (await small.control.keys.rotate(access("owner"), key)).key
    expect(small.control.keys.list(access("owner")).items).toHaveLength(5)
    await small.close()
  })
})

describe("a key with scopes", () => {
  const enters = (caller: KeyCaller, need: Need): Promise<string> =>
    codeOf(() => install.control.authorize(caller, "self", need))
  const reads: Need = { role: "viewer", key: "secret", scope: "documents:read" }

  test("may what they name, and nothing for being a secret key", async () => {
    const wish = { kind: "secret", name: "ci", scopes: ["functions:deploy", "documents:read"] } as const
    const { key, secret } = await install.control.keys.create(atlas.access("developer"), wish)
    expect(key.scopes).toEqual(["documents:read", "functions:deploy"])
    expect(JSON.parse(auditOf("key.create").at(-1)!.details)).toMatchObject({ scopes: key.scopes })
    const caller = install.control.keys.authenticate(secret)
    expect(await enters(caller, reads)).toBe("none")
    expect(await enters(caller, { role: "developer", scope: "functions:deploy" })).toBe("none")
    expect(await enters(caller, { role: "viewer", key: "publishable", scope: "any" })).toBe("none")
    for (const need of [
      { role: "developer", key: "publishable", scope: "documents:write" },
      { role: "viewer", key: "publishable" },
      { role: "viewer" },
    ] as const) {
      expect(await enters(caller, need)).toBe("CONTROL_FORBIDDEN")
    }
  })

  test("keeps them when it is rotated, and loses one that is no more", async () => {
    const wish = { kind: "secret", name: "ci", scopes: ["documents:read"] } as const
    const { key } = await install.control.keys.create(atlas.access("developer"), wish)
    const rotated = await install.control.keys.rotate(atlas.access("developer"), key)
    expect(rotated.key.scopes).toEqual(["documents:read"])
    expect(JSON.parse(auditOf("key.rotate").at(-1)!.details)).toMatchObject({ scopes: ["documents:read"] })
    await install.file.write([{ sql: "UPDATE control_keys SET scopes = 'all:things' WHERE id = ?", params: [key.id] }])
    const { id } = rotated.key
    await install.file.write([{ sql: "UPDATE control_keys SET scopes = 'all:things' WHERE id = ?", params: [id] }])
    await install.restart()
    const caller = install.control.keys.authenticate(rotated.secret)
    expect(caller.scopes).toEqual([])
    expect(await enters(caller, reads)).toBe("CONTROL_FORBIDDEN")
  })

  test("is not needed to do what a key without scopes may, which in turn is not all that scopes open", async () => {
    const { secret } = await install.control.keys.create(atlas.access("developer"), { kind: "secret", name: "server" })
    const caller = install.control.keys.authenticate(secret)
    expect(await enters(caller, reads)).toBe("none")
    expect(await enters(caller, { role: "developer", scope: "functions:deploy" })).toBe("CONTROL_FORBIDDEN")
  })
})

describe("a key that is not right", () => {
  test("in whatever way is unknown", async () => {
    const { secret } = await install.control.keys.create(atlas.access("owner"), { kind: "publishable", name: "x" })
    const other = await install.control.keys.create(atlas.access("owner"), { kind: "secret", name: "y" })
    const [, kind, id, text] = secret.split("_") as [string, string, string, string]
    const last = text.at(-1) === "A" ? "B" : "A"
    const wrong = [
      "",
      "ak_",
      "ak_secret",
      id,
      text,
      `${secret}x`,
      ` ${secret}`,
      `${secret}\n`,
      secret.slice(0, -1),
      secret.toLowerCase(),
      `ak_${kind}_${id}_${text.slice(0, -1)}${last}`,
      // A publishable key cannot make a secret one of itself.
      `ak_secret_${id}_${text}`,
      `ak_admin_${id}_${text}`,
      `ak_${kind}_${id}_${other.secret.split("_")[3]}`,
      `ak_${kind}_${"0".repeat(17)}_${text}`,
      `ak_${kind}_${id}_`,
      `ak_${kind}_${id}_${"0".repeat(43)}`,
      `ak_${kind}_' OR 1=1 --____${text}`,
      "x".repeat(1_000_000),
    ]
    for (const guess of wrong) expect(await reasonOf(guess)).toBe("unknown")
    expect(await codeOf(() => install.control.keys.authenticate(secret))).toBe("none")
  })

  test("is not told to be revoked or expired when its secret is wrong", async () => {
    const { key, secret } = await install.control.keys.create(atlas.access("owner"), { kind: "secret", name: "x" })
    await install.control.keys.revoke(atlas.access("owner"), key)
    expect(await reasonOf(secret)).toBe("revoked")
    expect(await reasonOf(`${secret.slice(0, -1)}${secret.at(-1) === "A" ? "B" : "A"}`)).toBe("unknown")
  })

  test("because it expired, is so from the very moment, also when it was in use", async () => {
    const expiresAt = new Date(install.clock.now() + 60_000).toISOString()
    const wish = { kind: "secret", name: "brief", expiresAt } as const
    const { key, secret } = await install.control.keys.create(atlas.access("owner"), wish)
    expect(key.expiresAt).toBe(expiresAt)
    install.clock.advance(59_999)
    expect(await codeOf(() => install.control.keys.authenticate(secret))).toBe("none")
    install.clock.advance(1)
    expect(await reasonOf(secret)).toBe("expired")
  })
})

describe("revoking", () => {
  test("works at once although the key was in use, is noted once, and holds after a restart", async () => {
    const { key, secret } = await install.control.keys.create(atlas.access("owner"), { kind: "secret", name: "x" })
    for (let n = 0; n < 3; n++) install.control.keys.authenticate(secret)
    await install.control.keys.revoke(atlas.access("developer"), key)
    expect(await reasonOf(secret)).toBe("revoked")
    await install.control.keys.revoke(atlas.access("owner"), key)
    expect(auditOf("key.revoke").filter(({ target }) => target === key.id)).toHaveLength(1)
    await install.restart()
    expect(await reasonOf(secret)).toBe("revoked")
    const listed = install.control.keys.list(atlas.access("viewer")).items.find(({ id }) => id === key.id)
    expect(listed?.revokedAt).toBe(new Date(install.clock.now()).toISOString())
  })

  test("of another project's key, or of none, is not possible", async () => {
    const other = await install.project("other")
    const { key, secret } = await install.control.keys.create(atlas.access("owner"), { kind: "secret", name: "x" })
    for (const id of [key.id, "", "x"]) {
      const owner = other.access("owner")
      expect(await codeOf(() => install.control.keys.revoke(owner, { id }))).toBe("CONTROL_KEY_NOT_FOUND")
      expect(await codeOf(() => install.control.keys.rotate(owner, { id }))).toBe("CONTROL_KEY_NOT_FOUND")
    }
    expect(await codeOf(() => install.control.keys.authenticate(secret))).toBe("none")
    expect(install.control.keys.list(other.access("owner")).items).toEqual([])
  })
})

describe("rotating", () => {
  test("puts a new key in the place of the old, which is revoked in the same commit", async () => {
    const wish = { kind: "publishable", name: "web" } as const
    const { key, secret } = await install.control.keys.create(atlas.access("owner"), wish)
    install.control.keys.authenticate(secret)
    const rotated = await install.control.keys.rotate(atlas.access("developer"), key)
    expect(rotated.key).toMatchObject({ kind: "publishable", name: "web", revokedAt: null, expiresAt: null })
    expect(rotated.key.id).not.toBe(key.id)
    expect(install.control.keys.authenticate(rotated.secret).id).toBe(rotated.key.id)
    expect(await reasonOf(secret)).toBe("revoked")
    expect(JSON.parse(auditOf("key.rotate").at(-1)!.details)).toEqual({
      ...{ kind: "publishable", name: "web", hint: rotated.key.hint, replaces: key.id },
    })
  })

  test("happens once of ten times at once", async () => {
    const { key } = await install.control.keys.create(atlas.access("owner"), { kind: "secret", name: "x" })
    const owner = atlas.access("owner")
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () => codeOf(() => install.control.keys.rotate(owner, key))),
    )
    expect(outcomes.toSorted()).toEqual([...Array(9).fill("CONTROL_KEY_REVOKED"), "none"])
  })

  test("gives a key that expires as long to live again", async () => {
    const expiresAt = new Date(install.clock.now() + 3_600_000).toISOString()
    const { key } = await install.control.keys.create(atlas.access("owner"), { kind: "secret", name: "x", expiresAt })
    install.clock.advance(7_200_000)
    const rotated = await install.control.keys.rotate(atlas.access("owner"), key)
    expect(rotated.key.expiresAt).toBe(new Date(install.clock.now() + 3_600_000).toISOString())
    expect(await codeOf(() => install.control.keys.authenticate(rotated.secret))).toBe("none")
  })
})

describe("the time of the last use", () => {
  const stored = (id: string): number | null =>
    install.file.get<{ at: number | null }>("SELECT last_used_at AS at FROM control_keys WHERE id = ?", [id])!.at
  const shown = (id: string): string | null =>
    install.control.keys.list(atlas.access("owner")).items.find((key) => key.id === id)!.lastUsedAt

  test("is shown at once, written later and together, and not again within a minute", async () => {
    const create = async (): Promise<{ id: string; secret: string }> => {
      const { key, secret } = await install.control.keys.create(atlas.access("owner"), { kind: "secret", name: "x" })
      return { id: key.id, secret }
    }
    const [one, two] = [await create(), await create()]
    await install.control.flush()
    const usedAtMs = install.clock.now()
    for (let n = 0; n < 50; n++) for (const { secret } of [one, two]) install.control.keys.authenticate(secret)
    expect(stored(one.id)).toBeNull()
    expect(shown(one.id)).toBe(new Date(usedAtMs).toISOString())
    await Bun.sleep(100)
    expect([stored(one.id), stored(two.id)]).toEqual([usedAtMs, usedAtMs])
    install.clock.advance(59_999)
    install.control.keys.authenticate(one.secret)
    await install.control.flush()
    expect(stored(one.id)).toBe(usedAtMs)
    install.clock.advance(1)
    install.control.keys.authenticate(one.secret)
    await install.control.flush()
    expect([stored(one.id), stored(two.id)]).toEqual([usedAtMs + 60_000, usedAtMs])
    expect(shown(one.id)).toBe(new Date(usedAtMs + 60_000).toISOString())
  })

  test("is not that of a refused use", async () => {
    const { key, secret } = await install.control.keys.create(atlas.access("owner"), { kind: "secret", name: "x" })
    await reasonOf(`${secret.slice(0, -1)}${secret.at(-1) === "A" ? "B" : "A"}`)
    await install.control.flush()
    expect(stored(key.id)).toBeNull()
  })

  test("is no change that the history notes", async () => {
    const { secret } = await install.control.keys.create(atlas.access("owner"), { kind: "secret", name: "x" })
    const before = countRows("control_audit")
    install.control.keys.authenticate(secret)
    await install.control.flush()
    expect(countRows("control_audit")).toBe(before)
  })
})

test("the list shows newest first in pages, and no secret", async () => {
  const { access } = await install.project("listing")
  const made = []
  for (const name of ["a", "b", "c"]) {
    made.push(await install.control.keys.create(access("owner"), { kind: "secret", name }))
  }
  const first = install.control.keys.list(access("viewer"), { limit: 2 })
  const second = install.control.keys.list(access("viewer"), { limit: 2, cursor: first.next! })
  expect([...first.items, ...second.items].map(({ name }) => name)).toEqual(["c", "b", "a"])
  for (const { secret } of made) expect(JSON.stringify([first, second])).not.toContain(secret.split("_")[3]!)
})
