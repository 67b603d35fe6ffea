import { afterAll, beforeEach, describe, expect, test } from "bun:test"
import { generateKeyPairSync, randomBytes } from "node:crypto"
import { join } from "node:path"
import { temporaryFolder } from "@ashlar/cache/testing/databases"
import { Secret } from "@ashlar/core"
import { type Database, openDatabase, sql } from "@ashlar/orm"
import fc from "fast-check"
import type { Plain } from "../redaction/redactor.ts"
import type { Audit } from "./audit.ts"
import { hashOf } from "./audit-entry.ts"
import { verifyExport } from "./audit-export.ts"
import { canonicalJson } from "./canonical-json.ts"
import { ed25519Signer, hmacSigner } from "./checkpoint.ts"
import { openAudit } from "./open-audit.ts"
import { eventOf } from "./testing/audit-suite.ts"

const url = `sqlite:${join(temporaryFolder(), "audit.db")}?synchronous=NORMAL`
const database = await openDatabase(url)
const signer = hmacSigner({ keyId: "2026", key: randomBytes(32) })
const audit: Audit = openAudit(url, { signers: [signer], checkpointEvery: 4 })
afterAll(() => Promise.all([audit.close(), database.close()]))
let stream = ""
beforeEach(async () => {
  stream = crypto.randomUUID()
  for (let n = 1; n <= 10; n++) await audit.append(eventOf(n), { stream })
})

/** Writes an entry anew as somebody would who knows how: its own hash is right again. */
async function rewrite(
  db: Database,
  sequence: number,
  change: (body: Record<string, unknown>) => void,
): Promise<string> {
  const row = await db.sql<{
    body: string
  }>`select body from ashlar_audit_entries where stream = ${stream} and sequence = ${sequence}`.first()
  const value = JSON.parse(row!.body) as Record<string, Plain>
  change(value)
  const body = canonicalJson(value)
  await db.sql`update ashlar_audit_entries set body = ${body}, hash = ${hashOf(body)} where stream = ${stream} and sequence = ${sequence}`.run()
  return hashOf(body)
}
const at = (sequence: number) => sql`stream = ${stream} and sequence = ${sequence}`

describe("what somebody with the database in hand does, is found", () => {
  const attacks: readonly (readonly [string, () => Promise<unknown>, number, string])[] = [
    [
      "a text changed",
      () => database.sql`update ashlar_audit_entries set body = replace(body, '"b5"', '"b6"') where ${at(5)}`.run(),
      5,
      "changed",
    ],
    [
      "a text changed, and its hash",
      () =>
        rewrite(database, 5, (body) => {
          body.details = { n: 6 }
        }),
      5,
      "replaced",
    ],
    [
      "a text that is no JSON",
      () => database.sql`update ashlar_audit_entries set body = 'x', hash = ${hashOf("x")} where ${at(5)}`.run(),
      5,
      "changed",
    ],
    [
      "only the actor that it is found by",
      () => database.sql`update ashlar_audit_entries set actor = 'user:9' where ${at(5)}`.run(),
      5,
      "changed",
    ],
    [
      "only the time that it is found by",
      () => database.sql`update ashlar_audit_entries set at_ms = at_ms + 1 where ${at(5)}`.run(),
      5,
      "changed",
    ],
    [
      "only the target, to nothing",
      () => database.sql`update ashlar_audit_entries set target = null where ${at(5)}`.run(),
      5,
      "changed",
    ],
    ["an entry taken out", () => database.sql`delete from ashlar_audit_entries where ${at(5)}`.run(), 5, "missing"],
    ["the first taken out", () => database.sql`delete from ashlar_audit_entries where ${at(1)}`.run(), 1, "missing"],
    ["the last taken out", () => database.sql`delete from ashlar_audit_entries where ${at(10)}`.run(), 10, "truncated"],
    [
      "all taken out",
      () => database.sql`delete from ashlar_audit_entries where stream = ${stream}`.run(),
      1,
      "truncated",
    ],
    [
      "two that changed places",
      async () => {
        await database.sql`update ashlar_audit_entries set sequence = 100 where ${at(5)}`.run()
        await database.sql`update ashlar_audit_entries set sequence = 5 where ${at(6)}`.run()
        await database.sql`update ashlar_audit_entries set sequence = 6 where ${at(100)}`.run()
      },
      5,
      "moved",
    ],
    [
      "an entry of another stream",
      async () => {
        const other = crypto.randomUUID()
        for (let n = 1; n <= 5; n++) await audit.append(eventOf(n), { stream: other })
        await database.sql`delete from ashlar_audit_entries where ${at(5)}`.run()
        await database.sql`update ashlar_audit_entries set stream = ${stream} where stream = ${other} and sequence = 5`.run()
      },
      5,
      "moved",
    ],
    [
      "the beginning taken out, as if by retention",
      async () => {
        const four = await database.sql<{ hash: string }>`select hash from ashlar_audit_entries where ${at(4)}`.first()
        await database.sql`delete from ashlar_audit_entries where stream = ${stream} and sequence <= 4`.run()
        await database.sql`update ashlar_audit_streams set base_sequence = 4, base_hash = ${four!.hash} where stream = ${stream}`.run()
      },
      4,
      "beheaded",
    ],
    [
      "the end taken out, and what the stream says of it",
      async () => {
        const eight = await database.sql<{ hash: string }>`select hash from ashlar_audit_entries where ${at(7)}`.first()
        await database.sql`delete from ashlar_audit_entries where stream = ${stream} and sequence > 7`.run()
        await database.sql`update ashlar_audit_streams set sequence = 7, hash = ${eight!.hash} where stream = ${stream}`.run()
      },
      8,
      "truncated",
    ],
    [
      "a checkpoint of one's own",
      () =>
        database.sql`update ashlar_audit_checkpoints set body = replace(body, '"sequence":8', '"sequence":7') where ${at(8)}`.run(),
      7,
      "rewritten",
    ],
    [
      "a checkpoint spoiled",
      () =>
        database.sql`update ashlar_audit_checkpoints set body = replace(body, '"signature":"', '"signature":"A') where ${at(8)}`.run(),
      8,
      "unsigned",
    ],
    [
      "a checkpoint that cannot be read",
      () => database.sql`update ashlar_audit_checkpoints set body = '{' where ${at(8)}`.run(),
      8,
      "rewritten",
    ],
  ]
  test.each(attacks)("%s", async (_what, attack, sequence, fault) => {
    expect(await audit.verify({ stream })).toMatchObject({ ok: true, entries: 10, checkpoints: 2 })
    await attack()
    const report = await audit.verify({ stream })
    expect(report).toMatchObject({ ok: false, broken: { sequence, fault } })
    // An export of what was spoiled tells the same by itself, but for what only the database says.
    const lines = await Array.fromAsync(audit.export({ stream }))
    if (!/only the/.test(_what)) expect((await verifyExport(lines, { signers: [signer] })).ok).toBe(false)
  })
  test("everything written anew from the fifth on: by the checkpoints, and by an anchor without them", async () => {
    const anchor = (await audit.verify({ stream })).head
    let previous = await rewrite(database, 5, (body) => {
      body.details = { n: 500 }
    })
    for (let n = 6; n <= 10; n++) {
      const link = previous
      previous = await rewrite(database, n, (body) => {
        body.previous = link
      })
    }
    await database.sql`update ashlar_audit_streams set hash = ${previous} where stream = ${stream}`.run()
    expect(await audit.verify({ stream })).toMatchObject({ ok: false, broken: { sequence: 8, fault: "rewritten" } })
    await database.sql`delete from ashlar_audit_checkpoints where stream = ${stream}`.run()
    expect(await audit.verify({ stream })).toMatchObject({ ok: true }) // which is why anchors are kept elsewhere
    expect(await audit.verify({ stream, anchors: [anchor] })).toMatchObject({
      ok: false,
      broken: { sequence: 10, fault: "rewritten" },
    })
  })
  test("every byte of every text counts", async () => {
    const row = (await database.sql<{ body: string }>`select body from ashlar_audit_entries where ${at(3)}`.first())!
    for (let place = 0; place < row.body.length; place += 7) {
      const letter = row.body[place] === "0" ? "1" : "0"
      const spoiled = row.body.slice(0, place) + letter + row.body.slice(place + 1)
      await database.sql`update ashlar_audit_entries set body = ${spoiled} where ${at(3)}`.run()
      expect((await audit.verify({ stream })).broken).toMatchObject({ sequence: 3, fault: "changed" })
    }
  })
})

describe("an export", () => {
  test("is verified by itself, and whatever is changed in it is found", async () => {
    const lines = await Array.fromAsync(audit.export({ stream }))
    expect(lines).toHaveLength(12)
    const whole = await verifyExport(lines, { signers: [signer] })
    expect(whole).toMatchObject({ ok: true, entries: 10, checkpoints: 2 })
    for (let line = 0; line < lines.length; line++) {
      const without = lines.toSpliced(line, 1)
      const swapped = lines.toSpliced(line, 2, lines[line + 1] ?? "{}", lines[line]!)
      const spoiled = lines.with(line, lines[line]!.replace(/[1-9a-f](?=[^1-9a-f]*$)/, "0"))
      for (const bad of [without, swapped, spoiled, lines.slice(0, line)])
        expect([line, (await verifyExport(bad, { signers: [signer], anchors: [whole.head] })).ok]).toEqual([
          line,
          false,
        ])
    }
    expect((await verifyExport([])).ok).toBe(false)
    expect((await verifyExport(["{}"])).ok).toBe(false)
    const stranger = hmacSigner({ keyId: "2026", key: randomBytes(32) })
    expect(await verifyExport(lines, { signers: [stranger] })).toMatchObject({
      ok: false,
      broken: { fault: "unsigned" },
    })
  })
  test("may withhold entries, and holds still", async () => {
    const lines = await Array.fromAsync(audit.export({ stream, include: ({ actor }) => actor.id === "7" }))
    expect(lines.join("")).not.toContain('"id\\":\\"b6')
    expect(lines.join("")).toContain('"id\\":\\"b7')
    expect(await verifyExport(lines, { signers: [signer] })).toMatchObject({ ok: true, entries: 10, checkpoints: 2 })
  })
  test("of a stream that was pruned holds too", async () => {
    await audit.prune({ stream, before: new Date() })
    await audit.append(eventOf(11), { stream })
    await audit.prune({ stream, before: new Date(Date.now() + 1) })
    const lines = await Array.fromAsync(audit.export({ stream }))
    expect(await verifyExport(lines, { signers: [signer] })).toMatchObject({ ok: true })
  })
})

describe("signers", () => {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519", {
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  })
  test("with Ed25519 whoever has the public key verifies, and cannot sign", async () => {
    const own = openAudit("memory:", { signers: [ed25519Signer({ keyId: "a", publicKey, privateKey })] })
    await own.append(eventOf(1))
    const checkpoint = await own.checkpoint()
    const lines = await Array.fromAsync(own.export())
    const auditor = ed25519Signer({ keyId: "a", publicKey })
    expect(await verifyExport(lines, { signers: [auditor], anchors: [checkpoint] })).toMatchObject({ ok: true })
    const reader = openAudit("memory:", { signers: [auditor] })
    await reader.append(eventOf(1))
    await expect(reader.checkpoint()).rejects.toMatchObject({ code: "SECURITY_AUDIT_OPTION_INVALID" })
  })
  test("a new key signs, and the older one is known still", async () => {
    const newer = hmacSigner({ keyId: "2027", key: randomBytes(32) })
    const next = openAudit(url, { signers: [newer, signer], checkpointEvery: 0 })
    expect((await next.checkpoint(stream)).keyId).toBe("2027")
    expect(await next.verify({ stream })).toMatchObject({ ok: true, checkpoints: 3 })
    await next.close()
  })
  test.each<[string, () => unknown]>([
    ["a short key", () => hmacSigner({ keyId: "a", key: randomBytes(31) })],
    ["a key of zeros", () => hmacSigner({ keyId: "a", key: new Uint8Array(32) })],
    ["a key id that would not fit", () => hmacSigner({ keyId: "a b", key: randomBytes(32) })],
    ["no PEM", () => ed25519Signer({ keyId: "a", publicKey: "x" })],
    ["one key id twice", () => openAudit("memory:", { signers: [signer, signer] })],
    ["checkpoints at each minus one", () => openAudit("memory:", { checkpointEvery: -1 })],
  ])("%s is refused: SECURITY_AUDIT_OPTION_INVALID", (_what, make) => {
    expect(make).toThrow(expect.objectContaining({ code: "SECURITY_AUDIT_OPTION_INVALID" }))
  })
  test("nothing to sign with, and nothing to sign", async () => {
    const refused = { code: "SECURITY_AUDIT_OPTION_INVALID" }
    await expect(openAudit("memory:").checkpoint()).rejects.toMatchObject(refused)
    await expect(audit.checkpoint("empty")).rejects.toMatchObject(refused)
    await expect(audit.list({ limit: 0 })).rejects.toMatchObject(refused)
    await expect(audit.list({ after: "x" })).rejects.toMatchObject(refused)
    await expect(audit.list({ since: new Date(Number.NaN) })).rejects.toMatchObject(refused)
    await expect(audit.append(eventOf(1), { stream: "a b" })).rejects.toMatchObject(refused)
  })
})

describe("what is told", () => {
  test("has no secrets in it when it is kept", async () => {
    const secret = "Zx9Qw7Ty5Ui3Op1As2Df4Gh6"
    const details = {
      password: secret,
      url: `https://a:${secret}@b`,
      nested: [new Secret(secret)],
      key: `ak_secret_${secret}`,
    }
    const own = openAudit("memory:", { redact: { names: ["note"] } })
    const entry = await own.append(eventOf(1, { details, context: { authorization: secret, note: secret } }))
    expect(JSON.stringify(entry)).not.toContain(secret)
    expect(entry.context).toEqual({ authorization: "[redacted]", note: "[redacted]" })
  })
  test.each<[string, object]>([
    ["an action with a space", { action: "a b" }],
    ["no action", { action: "" }],
    ["an actor without a type", { actor: { type: "", id: "1" } }],
    ["an actor whose type could be part of an id", { actor: { type: "a:b", id: "1" } }],
    ["an id with a line break", { actor: { type: "a", id: "1\n2" } }],
    ["an id that ends with a space, which MySQL does not see", { actor: { type: "a", id: "1 " } }],
    ["a long id", { target: { type: "a", id: "1".repeat(201) } }],
    ["half a character", { target: { type: "a", id: "\ud800" } }],
    ["another outcome", { outcome: "maybe" }],
    ["details that are a list", { details: [1] }],
    [
      "what is too large",
      { details: Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`k${n}`, "x ".repeat(5_000)])) },
    ],
  ])("%s is refused: SECURITY_AUDIT_ENTRY_INVALID", async (_what, more) => {
    const refused = await openAudit("memory:")
      .append(eventOf(1, more))
      .catch((error) => error)
    expect(["SECURITY_AUDIT_ENTRY_INVALID", "SECURITY_AUDIT_STORE_FAILED"]).toContain(refused.code)
  })
  test("is one text, whatever the order of its keys, and reads the same again", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value as Plain)
        expect(canonicalJson(JSON.parse(text))).toBe(text)
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
    // The example of RFC 8785, section 3.2.3.
    const given = {
      "\u20ac": "Euro Sign",
      "\r": "Carriage Return",
      "\ufb33": "Hebrew Letter Dalet With Dagesh",
      "1": "One",
      "\ud83d\ude00": "Emoji: Grinning Face",
      "\u0080": "Control",
      "\u00f6": "Latin Small Letter O With Diaeresis",
    }
    expect(
      Object.values(
        JSON.parse(
          `[${canonicalJson(given)
            .slice(1, -1)
            .replaceAll(/"(?:[^"\\]|\\.)*":/g, "")}]`,
        ),
      ),
    ).toEqual([
      "Carriage Return",
      "One",
      "Control",
      "Latin Small Letter O With Diaeresis",
      "Euro Sign",
      "Emoji: Grinning Face",
      "Hebrew Letter Dalet With Dagesh",
    ])
    expect(canonicalJson([1e21, 1e-7, 0.1, -0, Number("333333333.33333329"), 4.5])).toBe(
      "[1e+21,1e-7,0.1,0,333333333.3333333,4.5]",
    )
  })
})
