import { AshlarError, redactUrl } from "@ashlar/core"
import { BackendDown, BackendInvalid } from "../errors.ts"

/** What an operator chooses by URL, under this flag. */
export type BackendName = "cache" | "queue" | "bus" | "storage"

/** One backend, for whoever asks how it is. */
export interface Backend {
  readonly name: BackendName
  /** Its URL's, such as `redis`. */
  readonly driver: string
  /** Answers when the backend can do its work. */
  check(): Promise<unknown>
}

/**
 * Opens what needs no connection yet, so that a URL that cannot be right is told of by its flag.
 *
 * @throws {SERVER_BACKEND_INVALID} saying what is wrong with the URL, without its secrets.
 */
export function readBackend<T>(name: BackendName, open: () => T): T {
  try {
    return open()
  } catch (cause) {
    if (!(cause instanceof AshlarError)) throw cause
    throw new BackendInvalid(`--${name}: ${cause.message}`, { details: { backend: name, code: cause.code }, cause })
  }
}

/**
 * Waits for the first answer.
 *
 * @throws {SERVER_BACKEND_INVALID} when an option of the URL, or the package that it needs, is what is wrong.
 * @throws {SERVER_BACKEND_DOWN} when there is no answer.
 */
export async function reachBackend(name: BackendName, url: string, reach: () => Promise<unknown>): Promise<void> {
  try {
    await reach()
  } catch (cause) {
    const code = cause instanceof AshlarError ? cause.code : undefined
    if (code?.startsWith("CORE_DRIVER_")) return readBackend(name, () => raise(cause))
    throw new BackendDown(
      `The ${name} at ${redactUrl(url)} cannot be used (${code ?? "it failed"}). Start it, or choose another with --${name}.`,
      { details: { backend: name, ...(code !== undefined && { code }) }, cause },
    )
  }
}

/** The scheme of a URL that was read already. */
export function driverOf(url: string): string {
  return url.slice(0, url.indexOf(":")).toLowerCase()
}

function raise(error: unknown): never {
  throw error
}
