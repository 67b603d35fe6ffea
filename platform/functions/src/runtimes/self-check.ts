import { readdirSync, readFileSync } from "node:fs"
import type { SelfCheck } from "../messages.ts"
import { type Architecture, syscallTables } from "../syscalls.ts"

const AF_INET = 2
const SOCK_STREAM = 1
const SIGCHLD = 17

/**
 * Tries the walls from inside, by what a function could do itself. Run once in a process of its own before the platform
 * trusts a profile: a profile counts for what it does on this machine, not for what its options say.
 */
export async function checkWalls(): Promise<SelfCheck> {
  const status = text("/proc/self/status")
  const line = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, "m").exec(status)?.[1] ?? "missing"
  const capabilities = ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"].map(line)
  const syscall = await systemCalls()
  return {
    user: wall(line("Uid"), (found) => /^\d+(\s\d+)+$/.test(found) && !/(^|\s)0(\s|$)/.test(found)),
    capabilities: wall(capabilities.join(" "), (found) => /^[0 ]+$/.test(found)),
    noNewPrivileges: wall(line("NoNewPrivs"), (found) => found === "1"),
    seccomp: wall(line("Seccomp"), (found) => found === "2"),
    kernelSettings: wall(text("/proc/sys/kernel/core_pattern"), (found) => found === "missing"),
    writableMounts: wall(writableMounts().join(" "), (found) => found === ""),
    network: wall(interfaces().join(" "), (found) => found === "lo"),
    processes: wall(processes().join(" "), (found) => found.split(" ").length <= 2),
    environment: wall(Object.keys(process.env).sort().join(" "), (found) => found === "HOME PWD"),
    sockets: wall(String(syscall("socket", AF_INET, SOCK_STREAM, 0)), (found) => found === "-1"),
    // Without a filter the call would succeed, and a half of Bun would go on in the new process.
    fork: wall(
      line("Seccomp") === "2" ? String(syscall("clone", SIGCHLD, 0, 0)) : "not tried",
      (found) => found === "-1",
    ),
  }
}

function wall(found: string, holds: (found: string) => boolean): { holds: boolean; found: string } {
  return { holds: holds(found), found: found.slice(0, 200) }
}

function text(path: string): string {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return "missing"
  }
}

/** Mount points that can be written, less the two devices that Bun needs, which keep nothing. */
function writableMounts(): string[] {
  return text("/proc/self/mountinfo")
    .trim()
    .split("\n")
    .map((line) => line.split(" "))
    .filter((fields) => fields[5]?.split(",").includes("rw") ?? true)
    .map((fields) => fields[4] ?? "unreadable")
    .filter((path) => path !== "/dev/null" && path !== "/dev/urandom")
}

function interfaces(): string[] {
  return [...text("/proc/net/dev").matchAll(/^\s*(\S+):/gm)].map((match) => match[1]!)
}

function processes(): string[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name))
}

/** Raw system calls, past whatever the runtime does first. */
async function systemCalls(): Promise<(name: "socket" | "clone", ...args: number[]) => number> {
  const { dlopen } = await import("bun:ffi")
  const numbers = syscallTables[process.arch as Architecture].ruled
  const names = ["libc.so.6", `libc.musl-${process.arch === "x64" ? "x86_64" : "aarch64"}.so.1`]
  for (const name of names) {
    try {
      const libc = dlopen(name, { syscall: { args: ["i64", "i64", "i64", "i64"], returns: "i64" } })
      return (call, ...args) => {
        const result = Number(libc.symbols.syscall(numbers[call], args[0] ?? 0, args[1] ?? 0, args[2] ?? 0))
        // The wall does not hold and this is the new process: leave, the parent reports.
        if (call === "clone" && result === 0) process.exit(0)
        return result
      }
    } catch {
      // The other C library's name is next.
    }
  }
  return () => Number.NaN
}
