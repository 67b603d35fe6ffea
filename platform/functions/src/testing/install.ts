/** An install of nothing but functions: a project file for each project, an in-memory data port, a real sealer. */

import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openSqlite, type SqliteFile } from "@ashlar/sqlite"
import type { DataCaller, DataPort } from "../broker.ts"
import type { DataOperation } from "../collections.ts"
import { functionsFeature } from "../feature.ts"
import type { Deployment } from "../manifest.ts"
import { type DeployedBy, type FunctionsOptions, type FunctionsService, openFunctions } from "../service.ts"
import type { Sealer } from "../store.ts"

export interface DataCall {
  readonly project: string
  readonly operation: DataOperation
  readonly args: Readonly<Record<string, unknown>>
  readonly caller: DataCaller
}

export interface Install {
  readonly functions: FunctionsService
  /** Every call of the data port, in order. */
  readonly dataCalls: DataCall[]
  /** Answers the data port; the calls are in `dataCalls` by then. */
  answer: (call: DataCall) => unknown
  /** Errors that were reported as the platform's own fault. */
  readonly faults: unknown[]
  file(project?: string): Promise<SqliteFile>
  /** Deploys `code` under `name`, public, as `bun` unless told. */
  deploy(name: string, code: string, more?: Partial<Deployment>): Promise<void>
  /** Calls a function as a member and reads its whole answer. */
  call(name: string, init?: CallInit): Promise<Answer>
  close(): Promise<void>
}

export interface CallInit extends Omit<RequestInit, "signal"> {
  readonly path?: string
  readonly project?: string
  readonly signal?: AbortSignal
}

export interface Answer {
  readonly status: number
  readonly text: string
  readonly headers: Headers
  /** The code of what was thrown, before the head or while reading the body. */
  readonly code: string | undefined
  readonly error: Error | undefined
  readonly ms: number
}

export const deployer: DeployedBy = { kind: "user", id: "u1", label: "Ada" }
export const project = "p1"

export function openInstall(options: Partial<FunctionsOptions> = {}): Install {
  const folder = mkdtempSync(join(tmpdir(), "functions-test-"))
  const engine = openSqlite({ writers: 1 })
  const file = (id: string = project): Promise<SqliteFile> =>
    engine.open(join(folder, `${id}.db`), { kind: "project", features: [functionsFeature] })
  const dataCalls: DataCall[] = []
  const faults: unknown[] = []
  const data: DataPort = {
    call: async (of, operation, args, caller) => {
      const call = { project: of, operation, args, caller }
      dataCalls.push(call)
      return install.answer(call)
    },
  }
  const functions = openFunctions({
    storeFor: file,
    data,
    sealer: createTestSealer(),
    onInternalError: (error) => faults.push(error),
    ...options,
  })
  const install: Install = {
    functions,
    dataCalls,
    faults,
    answer: () => ({ ok: true }),
    file,
    async deploy(name, code, more = {}) {
      await functions.deploy(project, { name, runtime: "bun", access: "public", code, ...more }, deployer)
    },
    call: (name, init = {}) => callFunction(functions, name, init),
    async close() {
      await functions.close()
      await engine.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  return install
}

async function callFunction(functions: FunctionsService, name: string, init: CallInit): Promise<Answer> {
  const { path = "/", project: of = project, ...rest } = init
  const startedMs = performance.now()
  let status = 0
  let headers = new Headers()
  let text = ""
  let error: (Error & { code?: string }) | undefined
  try {
    const request = new Request(`http://functions.test${path}`, rest as RequestInit)
    const response = await functions.invoke(of, name, { request, caller: { kind: "member", id: "u1" } })
    status = response.status
    headers = response.headers
    text = await response.text()
  } catch (thrown) {
    error = thrown as Error & { code?: string }
  }
  return { status, text, headers, code: error?.code, error, ms: performance.now() - startedMs }
}

function createTestSealer(): Sealer {
  const key = randomBytes(32)
  return {
    seal(plain, context) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(context))
      return new Uint8Array(Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]))
    },
    open(sealed, context) {
      const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, 12)).setAAD(Buffer.from(context))
      decipher.setAuthTag(sealed.subarray(-16))
      return new Uint8Array(Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]))
    },
  }
}
