import { expect, test } from "bun:test"
import { spawnSync } from "node:child_process"

/** What a test may need from the machine, and how to see whether it is there. */
export type Requirement = "linux" | "strace" | "cc" | "root" | "tmpfs"

const requirements: Readonly<Record<Requirement, { has: () => boolean; get: string }>> = {
  linux: { has: () => process.platform === "linux", get: "run on Linux" },
  strace: { has: () => Bun.which("strace") !== null, get: "apt-get install strace" },
  cc: { has: () => Bun.which("cc") !== null, get: "apt-get install gcc libc6-dev" },
  root: { has: () => process.getuid?.() === 0, get: "run as root" },
  tmpfs: { has: canMount, get: "run as root with the right to mount a tmpfs" },
}

/**
 * A test that needs something of the machine. Where it is missing the test fails when `CI=true`; else it is skipped and
 * the reason printed, so that nobody takes a skip for a pass.
 */
export function testNeeding(
  needs: readonly Requirement[],
  name: string,
  run: () => unknown,
  options: { readonly timeoutMs: number },
): void {
  const missing = needs.filter((need) => !requirements[need].has())
  if (missing.length === 0) {
    test(name, async () => void (await run()), options.timeoutMs)
    return
  }
  const reason = missing.map((need) => `${need} is missing (${requirements[need].get})`).join(", ")
  if (process.env.CI === "true") {
    test(name, () => expect.unreachable(reason))
    return
  }
  console.warn(`skipped: ${name}: ${reason}`)
  test.skip(name, () => {})
}

function canMount(): boolean {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false
  // In a mount namespace of its own, so that the question leaves nothing behind.
  return spawnSync("unshare", ["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0
}
