import { fromReport } from "@ashlar/core"
import { CryptoStoreFailed } from "@ashlar/crypto"
import type { KmsAuditQuery, ProjectKms } from "./project-kms.ts"

export interface HttpKmsOptions {
  /** The address of the platform. */
  readonly url: string
  /** An access token, or a project key with the scopes for it. */
  readonly credential: string
  /** The slug or id of the project. */
  readonly project: string
  /** Default 10,000. */
  readonly timeoutMs?: number
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE"

/** The binding over the API. Errors are those that the other binding throws, by their codes. */
export function createHttpKms({ url, credential, project, timeoutMs = 10_000 }: HttpKmsOptions): ProjectKms {
  const base = `${url.replace(/\/+$/, "")}/v1/projects/${encodeURIComponent(project)}`
  const ask = async <T>(method: Method, path: string, body?: unknown): Promise<T> => {
    let response: Response
    let answer: unknown
    try {
      response = await fetch(base + path, {
        method,
        headers: {
          authorization: `Bearer ${credential}`,
          ...(body !== undefined && { "content-type": "application/json" }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        redirect: "manual",
        signal: AbortSignal.timeout(timeoutMs),
      })
      answer = response.status === 204 ? undefined : await response.json()
    } catch (cause) {
      throw new CryptoStoreFailed("The platform cannot be reached, or broke off.", { cause })
    }
    if (!response.ok) throw toError(answer, response.status)
    return answer as T
  }
  const key = (name: string, action = ""): string => `/kms/keys/${encodeURIComponent(name)}${action}`
  const secret = (name: string, action = ""): string => `/secrets/${encodeURIComponent(name)}${action}`
  const query = (asked: KmsAuditQuery): string => {
    const said = Object.entries(asked).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]))
    return `?${new URLSearchParams(said)}`
  }
  return {
    listKeys: (page = {}) => ask("GET", `/kms/keys${query(page)}`),
    createKey: (input) => ask("POST", "/kms/keys", input),
    getKey: (name) => ask("GET", key(name)),
    rotateKey: (name) => ask("POST", key(name, "/rotate"), {}),
    setMinimumVersion: (name, version) => ask("PATCH", key(name), { minimumVersion: version }),
    disableKey: (name) => ask("POST", key(name, "/disable"), {}),
    enableKey: (name) => ask("POST", key(name, "/enable"), {}),
    scheduleDeletion: (name, days) => ask("POST", key(name, "/schedule-deletion"), { days }),
    cancelDeletion: (name) => ask("POST", key(name, "/cancel-deletion"), {}),
    shredKey: (name) => ask("POST", key(name, "/shred"), {}),
    rewrap: (name) => ask("POST", key(name, "/rewrap"), {}),
    encrypt: (name, input) => ask("POST", key(name, "/encrypt"), input),
    decrypt: (name, input) => ask("POST", key(name, "/decrypt"), input),
    generateDataKey: (name, input) => ask("POST", key(name, "/data-keys"), input),
    openDataKey: (name, input) => ask("POST", key(name, "/data-keys/open"), input),
    sign: (name, input) => ask("POST", key(name, "/sign"), input),
    verify: (name, input) => ask("POST", key(name, "/verify"), input),
    publicKeys: (name) => ask("GET", key(name, "/public-keys")),
    listSecrets: (page = {}) => ask("GET", `/secrets${query(page)}`),
    setSecret: (name, input) => ask("PUT", secret(name), input),
    revealSecret: (name, input = {}) => ask("POST", secret(name, "/reveal"), input),
    secretHistory: (name) => ask("GET", secret(name, "/history")),
    removeSecret: (name) => ask("DELETE", secret(name)),
    audit: (asked = {}) => ask("GET", `/kms/audit${query(asked)}`),
    verifyAudit: () => ask("GET", "/kms/audit/verify"),
  }
}

/** What a problem document says, as the error that the platform threw. */
function toError(answer: unknown, status: number): Error {
  const said = (name: string): unknown =>
    typeof answer === "object" && answer !== null ? Reflect.get(answer, name) : undefined
  const [code, message] = [said("code"), said("detail")]
  if (typeof code !== "string") return new CryptoStoreFailed(`The platform answered ${status}.`)
  return fromReport({ code, status, message: String(message ?? code) })
}
