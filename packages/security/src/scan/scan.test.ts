import { afterAll, describe, expect, test } from "bun:test"
import { symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { removeTrees, treeOf } from "../testing/scan-tree.ts"
import { scan } from "./scan.ts"
import { entropy, scanText } from "./scan-text.ts"

afterAll(removeTrees)

/** Random, and made here: no scanner of anybody's finds it in this file. */
const random = (length: number, letters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789") =>
  Array.from({ length }, (_, at) => letters[(at * 37 + 11 * (at % 7) + ((at * at) % 13)) % letters.length]).join("")

const planted: Readonly<Record<string, readonly [string, string]>> = {
  "src/aws.ts": [`const id = "AKIA${random(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")}"`, "secret/known"],
  "src/github.yml": [`token: ghp_${random(36)}`, "secret/known"],
  "src/stripe.py": [`stripe.api_key = 'sk_live_${random(24)}'`, "secret/known"],
  "src/ashlar.ts": [`const key = "ak_secret_${random(32)}"`, "secret/known"],
  "deploy/key.pem": [
    `-----BEGIN ${"PRIVATE"} KEY-----\n${random(64)}\n${random(64)}\n-----END ${"PRIVATE"} KEY-----`,
    "secret/known",
  ],
  "src/db.ts": [`const url = "postgres://app:${random(16)}@db.internal/shop"`, "secret/known"],
  "src/jwt.txt": [`eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjMifQ.${random(43)}`, "secret/known"],
  "src/config.json": [`{ "clientSecret": "${random(40)}" }`, "secret/entropy"],
  "src/auth.ts": [`export const sessionSecret = "${random(32)}"`, "secret/entropy"],
  ".env": [`PORT=80\nJWT_SECRET=${random(32)}`, "secret/entropy"],
  ".env.production": ["HOST=a\n", "config/env-file"],
  "src/tls.ts": ["const agent = new Agent({ rejectUnauthorized: false })", "config/tls-off"],
  "start.sh": ["NODE_TLS_REJECT_UNAUTHORIZED=0 node app.js", "config/tls-off"],
  Dockerfile: ["FROM oven/bun\nCOPY . .\nCMD bun src/main.ts", "config/container-root"],
}
const clean: Readonly<Record<string, string>> = {
  "src/a.ts":
    'const password = process.env.PASSWORD\nconst token = await readToken("from-the-vault-of-secrets")\nconst secretName = "projects/shop/secrets/stripe"',
  "src/b.ts":
    'const tokenUrl = "https://login.example.com/oauth/token"\nconst apiKeyHeader = "x-api-key-of-the-application"\nconst csrfTokenField = "csrfTokenFieldName"',
  "src/c.ts": `const integrity = "sha512-${random(80)}=="\nconst id = "550e8400-e29b-41d4-a716-446655440000"\nconst publicKey = "${random(44)}"`,
  ".env.example": "JWT_SECRET=\nDATABASE_URL=postgres://app:password@localhost/app",
  "README.md": "Set `STRIPE_KEY=sk_live_xxxxxxxxxxxxxxxxxxxxxxxx` and `Authorization: Bearer <your token here>`",
  "package-lock.json": '{"lockfileVersion":3,"packages":{}}',
  Dockerfile: "FROM oven/bun\nCOPY . .\nUSER bun\nCMD bun src/main.ts",
  "src/d.ts": "// rejectUnauthorized: false would be wrong\nconst agent = new Agent({ rejectUnauthorized: true })",
}

describe("a tree with planted secrets and settings", () => {
  test.each([true, false])("each is found, by its place (git: %p)", async (git) => {
    const folder = treeOf(Object.fromEntries(Object.entries(planted).map(([name, [text]]) => [name, text])), { git })
    const { findings } = await scan({ folder })
    for (const [name, [, rule]] of Object.entries(planted)) {
      if (rule === "config/env-file" && !git) continue
      expect([name, findings.filter(({ place }) => place.file === name).map((one) => one.rule)]).toEqual([
        name,
        name === ".env" && git ? expect.arrayContaining([rule, "config/env-file"]) : [rule as "secret/known"],
      ])
    }
    for (const { message, fix, fingerprint } of findings) expect(message + fix + fingerprint).not.toContain(random(12))
  })
  test.each([true, false])("a clean one has none (git: %p)", async (git) => {
    expect((await scan({ folder: treeOf(clean, { git }) })).findings).toEqual([])
  })
  test("what git ignores, what is binary and where links lead is left out", async () => {
    const secret = planted["src/aws.ts"]![0]
    const folder = treeOf(
      {
        "a.ts": "",
        ".gitignore": "ignored.ts\n",
        "ignored.ts": secret,
        "b.dat": `\0${secret}`,
        "c.png": secret,
        "node_modules/x/i.js": secret,
      },
      { git: true },
    )
    symlinkSync(join(treeOf({ "outside.ts": secret }), "outside.ts"), join(folder, "link.ts"))
    writeFileSync(join(folder, "new.ts"), secret)
    expect((await scan({ folder })).findings.map(({ place }) => place.file)).toEqual(["new.ts"])
  })
  test("texts made to be slow are read in time", () => {
    for (const piece of ["a:", '"password":"', "-----BEGIN PRIVATE KEY-----", "http://a", "eyJ", "secret = '"]) {
      const start = performance.now()
      scanText({ path: "a.ts", text: piece.repeat(1_000_000 / piece.length) })
      expect([piece, performance.now() - start < 5_000]).toEqual([piece, true])
    }
    expect([entropy("aaaa"), entropy("ab"), entropy("abcd")]).toEqual([0, 1, 2])
  })
})

test("what this repository ships has nothing in it: no false alarm in some thousand files", async () => {
  const report = await scan({ folder: join(import.meta.dir, "../../../..") })
  const shipped = report.findings.filter(
    ({ place: { file = "" } }) => !/\.test\.|\/(?:test|testing)\/|^docs\//.test(file),
  )
  expect(shipped.map(({ rule, place }) => `${rule} ${place.file}:${place.line}`)).toEqual([])
  expect(report.scanned.files).toBeGreaterThan(1_000)
})
