import { didYouMean } from "@ashlar/core"
import { BundleTooLarge, FunctionInvalid } from "./errors.ts"
import { parseGrants } from "./grants.ts"
import { type FunctionLimits, resolveLimits } from "./limits.ts"
import type { Runtime } from "./profile.ts"

/** Who may invoke a function over HTTP. Members of the project always may. */
export type Access = "public" | "publishable" | "secret"

/** What is deployed. */
export interface Deployment {
  /** `^[a-z][a-z0-9_-]{0,62}$`, unique in the project. An existing name gets a new version. */
  readonly name: string
  readonly runtime: Runtime
  /** One ES module, JavaScript, without imports beyond the runtime's own: `export default { fetch(request, ctx) }`. */
  readonly code: string
  /** Default: what the function had, or `"secret"`. */
  readonly access?: Access
  /** What the function reads as `ctx.env`. Stored sealed. Default: what the active version has, or nothing. */
  readonly env?: Readonly<Record<string, string>>
  /** Hosts that `fetch` may reach. Default: what the active version has, or none. */
  readonly egress?: readonly string[]
  /** Default: what the active version has, if it is of the same runtime, or the defaults of the runtime. */
  readonly limits?: Partial<FunctionLimits>
}

/** A deployment whose every part was checked. What was left out is still left out. */
export interface CheckedDeployment extends Deployment {
  readonly codeBytes: Uint8Array
}

const fields = ["name", "runtime", "code", "access", "env", "egress", "limits"]
const runtimes: readonly string[] = ["bun", "quickjs"]
const accesses: readonly string[] = ["public", "publishable", "secret"]
const MAX_ENV_BYTES = 64 * 1024
const MAX_ENV_NAMES = 200

/**
 * Checks a deployment, all but whether the bundle runs.
 *
 * @throws {FUNCTIONS_INVALID} when a part is missing, unknown or malformed.
 * @throws {FUNCTIONS_BUNDLE_TOO_LARGE} when the code is larger than `maxBundleBytes`.
 */
export function checkDeployment(given: Deployment, maxBundleBytes: number): CheckedDeployment {
  for (const field of Object.keys(given))
    if (!fields.includes(field)) throw new FunctionInvalid(`Unknown field "${field}". ${didYouMean(field, fields)}`)
  if (typeof given.name !== "string" || !/^[a-z][a-z0-9_-]{0,62}$/.test(given.name))
    throw new FunctionInvalid(
      `Expected name to be 1 to 63 characters: a lower-case letter, then letters, digits, "-" or "_"; got ${JSON.stringify(given.name)}.`,
    )
  oneOf("runtime", given.runtime, runtimes)
  if (given.access !== undefined) oneOf("access", given.access, accesses)
  if (typeof given.code !== "string" || given.code.trim() === "")
    throw new FunctionInvalid("Expected code to be the text of an ES module, got none.")
  const codeBytes = new Uint8Array(Buffer.from(given.code))
  if (codeBytes.length > maxBundleBytes)
    throw new BundleTooLarge(
      `Expected a bundle of at most ${maxBundleBytes} bytes, got ${codeBytes.length}. Minify it.`,
      {
        details: { limitBytes: maxBundleBytes, sizeBytes: codeBytes.length },
      },
    )
  if (given.env !== undefined) checkEnv(given.env)
  if (given.egress !== undefined) {
    if (!Array.isArray(given.egress)) throw new FunctionInvalid("Expected egress to be a list of hosts.")
    parseGrants(given.egress)
  }
  if (given.limits !== undefined) resolveLimits(given.runtime, given.limits as Record<string, unknown>)
  return { ...given, codeBytes }
}

function oneOf(field: string, value: string, known: readonly string[]): void {
  if (known.includes(value)) return
  const said = typeof value === "string" ? `, got "${value}". ${didYouMean(value, known)}` : "."
  throw new FunctionInvalid(`Expected ${field} to be one of ${known.join(", ")}${said}`)
}

function checkEnv(env: Readonly<Record<string, unknown>>): void {
  if (typeof env !== "object" || env === null || Array.isArray(env))
    throw new FunctionInvalid("Expected env to be an object of names and text values.")
  const entries = Object.entries(env)
  for (const [name, value] of entries) {
    if (!/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name))
      throw new FunctionInvalid(`Expected names in env like API_TOKEN, got ${JSON.stringify(name)}.`)
    // The value is not repeated: it is a secret, and this text goes to logs.
    if (typeof value !== "string") throw new FunctionInvalid(`Expected env.${name} to be text.`)
  }
  const bytes = Buffer.byteLength(JSON.stringify(env))
  if (entries.length > MAX_ENV_NAMES || bytes > MAX_ENV_BYTES)
    throw new FunctionInvalid(`Expected env to have at most ${MAX_ENV_NAMES} names and ${MAX_ENV_BYTES} bytes.`)
}
