import { readFileSync, statSync } from "node:fs"
import { resolve } from "node:path"
import type { PeopleProviderInput } from "@ashlar/identity"
import { v } from "@ashlar/validation"
import { ProvidersInvalid } from "./errors.ts"

const text = v.string().min(1).max(2048)
const Providers = v.array(
  v.object({
    ...{ name: text, kind: text, clientId: text, clientSecret: text },
    ...{ label: text.optional(), host: text.optional(), tenant: text.optional() },
    signUpDomains: v.array(text).optional(),
  }),
)
const MAX_BYTES = 256 * 1024

/**
 * Reads which providers sign people in: JSON at `file:path`, which nobody but its owner may read, or in the variable of `env:NAME`. No
 * message has any of it, for there are secrets in it.
 *
 * @throws {SERVER_PROVIDERS_INVALID}
 */
export function readPeopleProviders(
  url: string | undefined,
  env: Readonly<Record<string, string | undefined>> = process.env,
): readonly PeopleProviderInput[] {
  if (url === undefined) return []
  const [, scheme, place = ""] = /^(file|env):(?:\/\/)?(.+)$/.exec(url) ?? []
  if (scheme === undefined) throw new ProvidersInvalid("Expected `file:path` or `env:NAME`.")
  const json = scheme === "env" ? env[place] : readOwn(resolve(place))
  if (json === undefined) throw new ProvidersInvalid(`Expected the variable ${place} to be set.`)
  const parsed = Providers["~standard"].validate(toJson(json))
  if (parsed instanceof Promise || parsed.issues !== undefined) {
    const [issue] = parsed instanceof Promise ? [] : parsed.issues
    const where = issue?.path?.map(String).join(".") ?? ""
    throw new ProvidersInvalid(
      `Expected a list of providers; what is at "${where}" is none. See the guide "Running the platform".`,
    )
  }
  return parsed.value
}

function readOwn(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat?.isFile() || stat.size > MAX_BYTES)
    throw new ProvidersInvalid(`Expected a file of at most 256 KiB at ${path}.`)
  if (process.platform !== "win32" && (stat.mode & 0o077) !== 0)
    throw new ProvidersInvalid(`Others of the machine may read ${path}, and secrets are in it: chmod 600.`)
  return readFileSync(path, "utf8")
}

function toJson(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    // What the parser says quotes what it read.
    throw new ProvidersInvalid("Expected JSON: a list of providers.")
  }
}
