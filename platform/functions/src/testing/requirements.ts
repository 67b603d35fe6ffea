import { expect, test } from "bun:test"

/** What a test needs of the machine, and how to see whether it is there. */
export type Requirement = "bwrap" | "root" | "setpriv"

const requirements: Readonly<Record<Requirement, { readonly has: () => boolean; readonly get: string }>> = {
  bwrap: {
    has: () => process.platform === "linux" && Bun.which("bwrap") !== null && Bun.which("prlimit") !== null,
    get: "apt-get install bubblewrap",
  },
  root: { has: () => process.getuid?.() === 0, get: "run as root" },
  setpriv: { has: () => Bun.which("setpriv") !== null, get: "apt-get install util-linux" },
}

/**
 * `test`, for what needs something of the machine. Where it is missing the test fails when `CI=true`; else it is skipped
 * and the reason printed, so that nobody takes a skip for a pass.
 */
export function testNeeding(
  ...needs: readonly Requirement[]
): (name: string, run: () => unknown, timeoutMs?: number) => void {
  const missing = needs.filter((need) => !requirements[need].has())
  if (missing.length === 0) return (name, run, timeoutMs) => test(name, async () => void (await run()), timeoutMs)
  const reason = missing.map((need) => `${need} is missing (${requirements[need].get})`).join(", ")
  return (name) => {
    if (process.env.CI === "true") return test(name, () => expect.unreachable(reason))
    console.warn(`skipped: ${name}: ${reason}`)
    test.skip(name, () => {})
  }
}

/** For tests that run functions. */
export const sandboxTest: (name: string, run: () => unknown, timeoutMs?: number) => void = testNeeding("bwrap")
