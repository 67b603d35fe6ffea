import { setTimeout as sleep } from "node:timers/promises"
import { type AshlarError, systemClock, uuidv7 } from "@ashlar/core"
import {
  ContextInvalid,
  CryptoClosed,
  type KeyContext,
  RootKeyInvalid,
  RootKeyRefused,
  RootKeyUnavailable,
  UnwrapFailed,
} from "@ashlar/crypto"
import type { RootKey } from "@ashlar/crypto/root-keys"
import { KMS_SERVICE, MAX_CALL_BYTES, PLATFORM_SERVICE, ROOT_KEY_PATH } from "./root-wire.ts"
import { openServiceChannel, type ServiceChannel } from "./service-channel.ts"

export interface RemoteRootOptions {
  /** Where the process is: `http://kms.internal:4100`. What passes is sealed either way; `https:` keeps who speaks to whom. */
  readonly url: string
  /** The file of the service key, a copy of the other process's. */
  readonly serviceKey: string
  /** For one answer. Default 5,000. */
  readonly timeoutMs?: number
}

const ATTEMPTS = 3
const FIRST_BACKOFF_MS = 50

/**
 * A root key that another process has: this one can use it while it is let, and never holds it.
 *
 * @throws {SERVER_SERVICE_KEY_INVALID} {CRYPTO_ROOT_KEY_INVALID} for no such URL {CRYPTO_ROOT_KEY_UNAVAILABLE} {CRYPTO_ROOT_KEY_REFUSED}
 */
export async function openRemoteRoot({ url, serviceKey, timeoutMs = 5_000 }: RemoteRootOptions): Promise<RootKey> {
  const place = URL.parse(url)
  const isFine = place !== null && /^https?:$/.test(place.protocol) && place.username === "" && place.password === ""
  if (!isFine || place.pathname !== "/" || place.search !== "" || place.hash !== "")
    throw new RootKeyInvalid("Expected the address of the kms as http://host:port, or https://host.")
  const own = { from: PLATFORM_SERVICE, to: KMS_SERVICE, clock: systemClock, ids: uuidv7 }
  const channel = await openServiceChannel({ keyFile: serviceKey, create: false, ...own })
  const asking = new Asking(channel, `${place.origin}${ROOT_KEY_PATH}`, timeoutMs)
  const id = (await asking.ask({ action: "describe" })).id
  if (typeof id !== "string") throw new RootKeyUnavailable("The kms answered without its key's name.")
  let isClosed = false
  const use = async (action: "wrap" | "unwrap", given: Uint8Array, context: KeyContext): Promise<Uint8Array> => {
    if (isClosed) throw new CryptoClosed("The root key was closed.")
    const { bytes } = await asking.ask({ action, bytes: Buffer.from(given).toString("base64"), context })
    if (typeof bytes !== "string") throw new RootKeyUnavailable("The kms answered without its result.")
    return new Uint8Array(Buffer.from(bytes, "base64"))
  }
  return {
    id,
    wrap: (key, context) => use("wrap", key, context),
    unwrap: (wrapped, context) => use("unwrap", wrapped, context),
    async close() {
      isClosed = true
    },
  }
}

type Answer = Readonly<Record<string, unknown>>

class Asking {
  readonly #channel: ServiceChannel
  readonly #url: string
  readonly #timeoutMs: number

  constructor(channel: ServiceChannel, url: string, timeoutMs: number) {
    this.#channel = channel
    this.#url = url
    this.#timeoutMs = timeoutMs
  }

  /** Again when it is away: to wrap or unwrap twice harms nothing. Each time by a new token. */
  async ask(question: object): Promise<Answer> {
    for (let attempt = 1; ; attempt++)
      try {
        return await this.#askOnce(question)
      } catch (error) {
        if (!(error instanceof RootKeyUnavailable) || attempt >= ATTEMPTS) throw error
        await sleep(FIRST_BACKOFF_MS * 2 ** attempt * (0.5 + Math.random() / 2))
      }
  }
  async #askOnce(question: object): Promise<Answer> {
    const call = await this.#channel.ask(ROOT_KEY_PATH, question)
    const { status, bytes } = await this.#post(call.token, call.body)
    if (status === 401)
      throw new RootKeyRefused(
        "The kms does not know this process: is its service key a copy, and do the clocks differ by less than 5 seconds?",
      )
    if (status >= 500 || status === 429) throw new RootKeyUnavailable(`The kms answered ${status}.`)
    if (status !== 200) throw new RootKeyRefused(`The kms answered ${status}.`)
    let answer: Answer
    try {
      answer = this.#channel.readAnswer(call, bytes) as Answer
    } catch (cause) {
      throw new RootKeyRefused("What answered is not the kms: it has not sealed its answer.", { cause })
    }
    if (answer.code !== undefined) throw toError(answer.code)
    return answer
  }
  async #post(token: string, body: Uint8Array): Promise<{ readonly status: number; readonly bytes: Uint8Array }> {
    try {
      const response = await fetch(this.#url, {
        method: "POST",
        headers: { authorization: `Service ${token}`, "content-type": "application/octet-stream" },
        body: Buffer.from(body),
        redirect: "manual", // a token goes where the operator says, and nowhere else
        signal: AbortSignal.timeout(this.#timeoutMs),
      })
      const pieces: Uint8Array[] = []
      let size = 0
      for await (const piece of response.body ?? []) {
        size += piece.length
        if (size > MAX_CALL_BYTES) throw new RootKeyUnavailable("The kms answered too much.")
        pieces.push(piece)
      }
      return { status: response.status, bytes: Buffer.concat(pieces) }
    } catch (cause) {
      if (cause instanceof RootKeyUnavailable) throw cause
      throw new RootKeyUnavailable(`The kms cannot be reached, or did not answer within ${this.#timeoutMs} ms.`, {
        cause,
      })
    }
  }
}

/** The same errors as of a root key in this process, so that who catches them need not know where it is. */
function toError(code: unknown): AshlarError {
  switch (code) {
    case "CRYPTO_UNWRAP_FAILED":
      return new UnwrapFailed()
    case "CRYPTO_CONTEXT_INVALID":
      return new ContextInvalid("Expected a context: an object of 1 to 16 names and texts.")
    case "CRYPTO_CLOSED": // it stops: another takes its place, or it comes back
    case "CRYPTO_ROOT_KEY_UNAVAILABLE":
      return new RootKeyUnavailable("The root key of the kms cannot be reached.")
    default:
      return new RootKeyRefused(`The kms refused: ${String(code).slice(0, 64)}.`)
  }
}
