import * as crypto from "node:crypto"
import { DriverPackageMissing } from "@ashlar/core"

export type Argon2Type = "argon2id" | "argon2i" | "argon2d"

export interface Argon2Input {
  readonly type: Argon2Type
  readonly message: Uint8Array
  readonly salt: Uint8Array
  readonly memoryKib: number
  readonly passes: number
  readonly lanes: number
  readonly tagBytes: number
}

type Argon2 = (input: Argon2Input) => Promise<Uint8Array>

let engine: Promise<Argon2> | undefined

/**
 * Argon2 of version 1.3 by the runtime, off the event loop: `crypto.argon2` of Bun and Node, and `@node-rs/argon2` where there is none.
 *
 * @throws {CORE_DRIVER_PACKAGE_MISSING}
 * @see https://www.rfc-editor.org/rfc/rfc9106
 */
export async function argon2(input: Argon2Input): Promise<Uint8Array> {
  engine ??= "argon2" in crypto ? Promise.resolve(byRuntime) : byPackage()
  return await (await engine)(input)
}

function byRuntime({ type, message, salt, memoryKib, passes, lanes, tagBytes }: Argon2Input): Promise<Uint8Array> {
  const parameters = { message, nonce: salt, memory: memoryKib, passes, parallelism: lanes, tagLength: tagBytes }
  return new Promise((resolve, reject) => {
    crypto.argon2(type, parameters, (error, tag) => (error ? reject(error) : resolve(tag)))
  })
}

/** As the package numbers them. */
const TYPES: Readonly<Record<Argon2Type, number>> = { argon2d: 0, argon2i: 1, argon2id: 2 }

async function byPackage(): Promise<Argon2> {
  const library = await import("@node-rs/argon2").catch((cause: unknown) => {
    engine = undefined
    throw new DriverPackageMissing("Passwords need a package on this runtime. Run: npm install @node-rs/argon2@2.2.1", {
      cause,
    })
  })
  return ({ type, message, salt, memoryKib, passes, lanes, tagBytes }) =>
    library.hashRaw(message, {
      algorithm: TYPES[type],
      salt,
      memoryCost: memoryKib,
      timeCost: passes,
      parallelism: lanes,
      outputLen: tagBytes,
    })
}
