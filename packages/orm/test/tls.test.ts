/** What `tls=` promises: whose certificate is taken, and that nothing is sent in the clear. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openDatabase } from "../src/index.ts"
import { isListening, testServers } from "../src/testing/database-servers.ts"
import { openTlsDoor, type TlsDoor } from "../src/testing/tls-door.ts"

const folder = mkdtempSync(join(tmpdir(), "orm-tls-"))
const file = (name: string) => join(folder, name)
afterAll(() => rmSync(folder, { recursive: true }))

function certify(...args: readonly string[]): void {
  const { status, stderr } = spawnSync("openssl", args, { encoding: "utf8" })
  if (status !== 0) throw new Error(stderr)
}

/** A certificate that says `localhost` only, so that 127.0.0.1 is another name. */
function makeCertificate(name: string): void {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", file(`${name}.key`)]
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
  certify("req", "-x509", ...key, ...subject, "-days", "1", "-out", file(`${name}.pem`))
}

const listening = await Promise.all(testServers.map(({ port }) => isListening(port)))
interface Library {
  readonly name: string
  readonly server: string
  readonly port: number
  readonly adminUrl: string
  readonly options: string
}

const libraries: readonly Library[] = testServers
  .filter((_, index) => listening[index])
  .flatMap(({ name, port, adminUrl }): readonly Library[] =>
    name === "PostgreSQL"
      ? ["bun", "pg"].map((driver) => ({
          name: `${name} by ${driver}`,
          server: name,
          port,
          adminUrl,
          options: `driver=${driver}&`,
        }))
      : [{ name, server: name, port, adminUrl, options: "" }],
  )

beforeAll(() => {
  makeCertificate("known")
  makeCertificate("unknown")
})

describe.each([...libraries])("$name", ({ server, port, adminUrl, options }: Library) => {
  let door: TlsDoor
  beforeAll(async () => {
    const options = { cert: readFileSync(file("known.pem")), key: readFileSync(file("known.key")) }
    door = await openTlsDoor({ name: server, port }, options)
  })
  afterAll(() => door.close())

  const urlOf = (host: string) =>
    `${adminUrl.replace(`127.0.0.1:${port}`, `${host}:${door.port}`)}?${options}connectTimeoutMs=2000&`
  const ask = async (host: string, tls: string) => {
    await using db = await openDatabase(`${urlOf(host)}${tls}`)
    return await db.sql`select 1 as one`.first()
  }

  test.each([
    ["localhost", `tls=verify&tlsCaFile=${file("known.pem")}`],
    ["localhost", "tls=require"],
    ["127.0.0.1", "tls=require"],
  ])("%s with %s is answered, encrypted", async (host, tls) => {
    const before = door.sessions()
    expect(await ask(host, tls)).toEqual({ one: 1 })
    expect(door.sessions()).toBe(before + 1)
  })

  test.each([
    ["an authority that nobody trusts", "localhost", "tls=verify"],
    ["another authority", "localhost", `tls=verify&tlsCaFile=${file("unknown.pem")}`],
    ["another name", "127.0.0.1", `tls=verify&tlsCaFile=${file("known.pem")}`],
  ])("%s is refused", async (_, host, tls) => {
    await expect(ask(host, tls)).rejects.toMatchObject({ code: "ORM_CONNECT_FAILED" })
  })

  const NODE = process.env.NODE_BIN
  test.skipIf(NODE === undefined && process.env.CI !== "true")("the same on Node", async () => {
    if (options === "driver=bun&") return
    const verify = `tls=verify&tlsCaFile=${file("known.pem")}`
    const urls = ["localhost", "127.0.0.1"].map((host) => `${urlOf(host)}${verify}`)
    const node = Bun.spawn([NODE ?? "node", join(import.meta.dir, "runners", "on-node-ask.ts"), ...urls])
    expect(await new Response(node.stdout).text()).toBe("answered\nORM_CONNECT_FAILED\n")
  })

  test.each(["tls=require", "tls=verify"])("a server without TLS is not talked to in the clear: %s", async (tls) => {
    await using db = await openDatabase(`${adminUrl}?${options}connectTimeoutMs=2000&${tls}`)
    await expect(db.sql`select 1`.all()).rejects.toMatchObject({ code: "ORM_CONNECT_FAILED" })
  })
})
