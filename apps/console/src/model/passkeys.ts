import { hasPasskeys as canHavePasskeys } from "@ashlar/sdk"

/** Whether this page can make and show passkeys. */
export const hasPasskeys: boolean = canHavePasskeys()

/** What went wrong in the browser, in words. It does not say whether somebody cancelled or has no passkey, so as to tell pages nothing. */
export function passkeyProblem(error: unknown): string {
  if (!(error instanceof DOMException)) return error instanceof Error ? error.message : String(error)
  if (error.name === "InvalidStateError") return "This device has a passkey for you already."
  if (error.name === "SecurityError") return `Passkeys of this install do not work at ${location.origin}.`
  return "No passkey was shown. Try again, or use another way."
}
