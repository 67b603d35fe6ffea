import { createHash } from "node:crypto"
import { AuthSetupInvalid, BreachListAway } from "../errors.ts"
import type { BreachList } from "./breach-list.ts"

export interface BreachRangeOptions {
  /** How the list is asked. Default: the global `fetch`. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>
  /** Where it is: the five digits are put behind it. Default: `https://api.pwnedpasswords.com/range/`. */
  readonly url?: string
  /** Longest wait for the whole answer. Default: 2,000. */
  readonly timeoutMs?: number
  /** Passwords that leaked less often are let pass. Default: 1. */
  readonly minCount?: number
  /** What is said while it does not answer: let passwords `pass`, or `refuse` them with AUTH_BREACH_LIST_AWAY. Default: `pass`. */
  readonly whenAway?: "pass" | "refuse"
  /** Told why it did not answer. */
  readonly onError?: (error: unknown) => void
}

const PREFIX = 5
const MAX_BYTES = 1024 * 1024

/**
 * Asks a list of leaked passwords over the k-anonymity interface of Have I Been Pwned: it is told the first five of the forty digits of
 * the password's SHA-1, which hundreds of others share, and its answer is padded, so that nobody on the way learns of it either.
 *
 * @throws {AUTH_SETUP_INVALID}
 * @see https://haveibeenpwned.com/API/v3#PwnedPasswords
 * @example
 * const policy = createPasswordPolicy({ breaches: breachRange() })
 */
export function breachRange(options: BreachRangeOptions = {}): BreachList {
  const { url = "https://api.pwnedpasswords.com/range/", timeoutMs = 2_000, minCount = 1 } = options
  const { whenAway = "pass", onError = () => undefined, fetch = globalThis.fetch } = options
  if (!/^https:\/\/|^http:\/\/(?:127\.0\.0\.1|localhost)[:/]/.test(url))
    throw new AuthSetupInvalid("Expected the `url` of a list of leaked passwords to be https:.")
  const ask = async (prefix: string): Promise<string> => {
    const response = await fetch(`${url}${prefix}`, {
      headers: { "add-padding": "true", "user-agent": "ashlar-auth" },
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
    })
    if (!response.ok) throw new BreachListAway(`The list of leaked passwords answered ${response.status}.`)
    return await boundedText(response)
  }
  return {
    async has(password) {
      const hash = createHash("sha1").update(password).digest("hex").toUpperCase()
      let answer: string
      try {
        answer = await ask(hash.slice(0, PREFIX))
      } catch (cause) {
        onError(cause)
        if (whenAway === "pass") return false
        throw new BreachListAway(undefined, { cause })
      }
      return countOf(answer, hash.slice(PREFIX)) >= minCount
    },
  }
}

async function boundedText(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let [text, bytes] = ["", 0]
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > MAX_BYTES) throw new BreachListAway("The list of leaked passwords answered with more than 1 MiB.")
    text += decoder.decode(chunk, { stream: true })
  }
  return text
}

/** Lines are `35 digits:count`; a padded one counts none. */
function countOf(answer: string, suffix: string): number {
  for (const line of answer.split("\n")) {
    const [digits, count] = line.trim().split(":")
    if (digits?.toUpperCase() === suffix) return Number(count) || 0
  }
  return 0
}
