import { type DriverUrl, DriverUrlInvalid } from "@ashlar/core"

export interface ProviderOptions {
  readonly endpoint: string | undefined
  readonly timeoutMs: number
}

/** The key of an account, as `scheme://:key@/`. @throws {CORE_DRIVER_URL_INVALID} */
export function keyOf(url: DriverUrl): string {
  if (url.password === undefined || url.host !== "")
    throw new DriverUrlInvalid(`Expected ${url.scheme}://:key@/, got ${url}.`)
  return url.password.reveal()
}

/** Where a provider is asked: at its own address, or at another one that speaks like it. @throws {CORE_DRIVER_URL_INVALID} */
export function endpointOf(given: string | undefined, own: string): string {
  if (given === undefined) return own
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== "" || url.username !== "")
    throw new DriverUrlInvalid("Expected `endpoint` to be an http: or https: address without login and query.")
  return given.replace(/\/+$/, "")
}
