/** An install of identity on a real file, for this package's tests: a clock that stands, and hashing that costs little. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createUuidv7, type ManualClock, manualClock } from "@ashlar/core"
import { openSqlite, type SqliteFile } from "@ashlar/sqlite"
import type { SignUpRequest } from "../admission.ts"
import { identityFeature } from "../feature.ts"
import { type Identity, type IdentityOptions, openIdentity } from "../identity.ts"
import { argon2Passwords } from "../passwords.ts"
import type { Client } from "../person.ts"
import { openRootKey } from "../root-key.ts"
import { createSealer, type Sealer } from "../sealer.ts"
import type { Session } from "../sessions.ts"

export const client: Client = { address: "203.0.113.7", userAgent: "test/1" }
export const password = "cut stone without mortar"
export const ada: Omit<SignUpRequest, "invite"> = { name: "Ada", email: "ada@example.org", password, client }

export type TestOptions = Partial<Omit<IdentityOptions, "file" | "sealer" | "clock" | "ids">>

export interface Install {
  readonly folder: string
  readonly clock: ManualClock
  identity: Identity
  file: SqliteFile
  sealer: Sealer
  /** Closes everything and opens it again on what is on disk. */
  restart(options?: TestOptions): Promise<void>
  /** Everything the install has written to the disk, byte for byte, without the key file. */
  databaseBytes(): Promise<Buffer>
  close(): Promise<void>
}

export async function openInstall(options: TestOptions = {}): Promise<Install> {
  const folder = await mkdtemp(join(tmpdir(), "ashlar-identity-"))
  const clock = manualClock()
  const ids = createUuidv7(clock)
  let engine = openSqlite()

  async function open(opened: TestOptions): Promise<Pick<Install, "identity" | "file" | "sealer">> {
    const sealer = createSealer(await openRootKey(join(folder, "root.key")))
    const file = await engine.open(join(folder, "system.db"), { kind: "system", features: [identityFeature] })
    const passwords = argon2Passwords({ memoryKib: 8, passes: 1 })
    const defaults = { issuer: "http://localhost:4000", signups: "open", passwords } as const
    const identity = await openIdentity({ ...defaults, ...opened, file, sealer, clock, ids })
    return { identity, file, sealer }
  }

  const install: Install = {
    ...(await open(options)),
    folder,
    clock,
    async restart(reopened = options) {
      await engine.close()
      engine = openSqlite()
      Object.assign(install, await open(reopened))
    },
    async databaseBytes() {
      const names = (await readdir(folder)).filter((name) => name.startsWith("system.db"))
      return Buffer.concat(await Promise.all(names.map((name) => readFile(join(folder, name)))))
    },
    async close() {
      await engine.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
  return install
}

/** Makes the administrator by the set-up link. */
export async function setUp({ identity }: Install, person: typeof ada = ada): Promise<Session> {
  const issued = await identity.setup.issue()
  return await identity.setup.complete({ ...person, token: issued!.token })
}

/** The code of the error that a call ends with, or "none". */
export async function codeOf(call: () => unknown): Promise<string> {
  return (await failureOf(call))?.code ?? "none"
}

export async function failureOf(
  call: () => unknown,
): Promise<{ code: string; status: number; message: string; details?: Record<string, unknown> } | undefined> {
  try {
    await call()
    return undefined
  } catch (error) {
    return error as Awaited<ReturnType<typeof failureOf>>
  }
}
