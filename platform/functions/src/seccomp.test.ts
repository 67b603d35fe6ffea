import { describe, expect, test } from "bun:test"
import { createHash } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import { assembleFilter, type FilterOptions } from "./seccomp.ts"
import { type Architecture, syscallTables } from "./syscalls.ts"
import { decodeFilter, runFilter, type Verdict } from "./testing/bpf.ts"

const architectures: readonly Architecture[] = ["x64", "arm64"]
const every: readonly FilterOptions[] = architectures.flatMap((architecture) => [
  { architecture },
  { architecture, dropsPrivileges: true },
  { architecture, otherwise: "kill" as const },
])

const CLONE_THREAD_OF_LIBC = 0x003d0f00
const SIGCHLD = 17

/** Numbers of calls that no function may make, as the tables of the kernel have them. */
const forbidden: Readonly<Record<Architecture, Readonly<Record<string, number>>>> = {
  // biome-ignore format: a table is read as a table.
  x64: {
    fork: 57, vfork: 58, ptrace: 101, syslog: 103, setuid: 105, setpgid: 109, setsid: 112, mknod: 133, mlock: 149,
    pivot_root: 155, chroot: 161, mount: 165, umount2: 166, init_module: 175, shmget: 29, semget: 64, msgget: 68,
    mq_open: 240, kexec_load: 246, add_key: 248, keyctl: 250, splice: 275, unshare: 272, perf_event_open: 298,
    open_by_handle_at: 304, setns: 308, process_vm_readv: 310, process_vm_writev: 311, memfd_create: 319, bpf: 321,
    execveat: 322, userfaultfd: 323, io_uring_setup: 425, open_tree: 428, move_mount: 429, fsopen: 430, pidfd_open: 434,
    pidfd_getfd: 438, mount_setattr: 442, memfd_secret: 447, mkdir: 83, unlink: 87, symlink: 88, link: 86, rename: 82,
  },
  // biome-ignore format: a table is read as a table.
  arm64: {
    ptrace: 117, syslog: 116, setuid: 146, setpgid: 154, setsid: 157, mknodat: 33, mlock: 228, pivot_root: 41, chroot: 51,
    mount: 40, umount2: 39, init_module: 105, shmget: 194, semget: 190, msgget: 186, mq_open: 180, kexec_load: 104,
    add_key: 217, keyctl: 219, splice: 76, unshare: 97, perf_event_open: 241, open_by_handle_at: 265, setns: 268,
    process_vm_readv: 270, process_vm_writev: 271, memfd_create: 279, bpf: 280, execveat: 281, userfaultfd: 282,
    io_uring_setup: 425, open_tree: 428, move_mount: 429, fsopen: 430, pidfd_open: 434, pidfd_getfd: 438,
    mount_setattr: 442, memfd_secret: 447, mkdirat: 34, unlinkat: 35, symlinkat: 36, linkat: 37, renameat: 38,
  },
}

describe.each(architectures)("the filter of %s", (architecture) => {
  const table = syscallTables[architecture]
  const program = decodeFilter(assembleFilter({ architecture }))
  const verdict = (number: number, ...args: number[]): Verdict =>
    runFilter(program, { number, audit: table.audit, args })
  const { clone, clone3, socket, socketpair, ioctl, prctl } = table.ruled

  test("allows what is in the table, and nothing that is not", () => {
    const allowed = new Set(Object.values(table.allowed))
    const ruled = new Set(Object.values(table.ruled))
    for (let number = 0; number < 600; number++)
      if (!ruled.has(number))
        expect([number, verdict(number)]).toEqual([number, allowed.has(number) ? "allow" : "errno 1"])
  })

  test.each(Object.entries(forbidden[architecture]))("refuses %s", (_name, number) => {
    expect(verdict(number)).toBe("errno 1")
  })

  test.each<[string, Verdict, number, ...number[]]>([
    ["a thread, as libc makes it", "allow", clone, CLONE_THREAD_OF_LIBC],
    ["a process", "errno 1", clone, SIGCHLD],
    ["a process that shares memory", "errno 1", clone, 0x100],
    ["a thread in a new mount namespace", "errno 1", clone, CLONE_THREAD_OF_LIBC | 0x20000],
    ["a thread in a new user namespace", "errno 1", clone, CLONE_THREAD_OF_LIBC | 0x10000000],
    ["a thread in a new network namespace", "errno 1", clone, CLONE_THREAD_OF_LIBC | 0x40000000],
    ["clone3, whose flags cannot be seen", "errno 38", clone3],
    ["a unix socket", "allow", socket, 1],
    ["an IPv4 socket", "errno 97", socket, 2],
    ["an IPv6 socket", "errno 97", socket, 10],
    ["a netlink socket", "errno 97", socket, 16],
    ["a packet socket", "errno 97", socket, 17],
    ["an ALG socket", "errno 97", socket, 38],
    ["a vsock socket", "errno 97", socket, 40],
    ["a unix socket pair", "allow", socketpair, 1],
    ["an IPv4 socket pair", "errno 97", socketpair, 2],
    ["ioctl TCGETS", "allow", ioctl, 0, 0x5401],
    ["ioctl FIONBIO", "allow", ioctl, 0, 0x5421],
    ["ioctl TIOCSTI, which types for the terminal", "errno 25", ioctl, 0, 0x5412],
    ["ioctl TIOCLINUX", "errno 25", ioctl, 0, 0x541c],
    ["ioctl of the IPv4 kind", "errno 25", ioctl, 0, 0x8912],
    ["ioctl TCGETS under a number of 64 bits", "allow", ioctl, 0, 0x100005401],
    ["prctl PR_SET_NAME", "allow", prctl, 15],
    ["prctl PR_SET_SECCOMP", "errno 1", prctl, 22],
    ["prctl PR_SET_PTRACER", "errno 1", prctl, 0x59616d61],
    ["prctl PR_SET_KEEPCAPS", "errno 1", prctl, 8],
  ])("%s: %s", (_name, expected, number, ...args) => {
    expect(verdict(number, ...args)).toBe(expected)
  })

  test("kills what comes under another architecture's numbers", () => {
    const foreign = [0xc000003e, 0xc00000b7, 0x40000003, 0x40000028].filter((audit) => audit !== table.audit)
    for (const audit of foreign) expect(runFilter(program, { number: 0, audit })).toBe("kill")
    expect(verdict(0x40000000)).toBe("kill")
    expect(verdict(0x40000000 + 63)).toBe("kill")
  })

  test("gives up root only where a profile needs it", () => {
    const dropping = decodeFilter(assembleFilter({ architecture, dropsPrivileges: true }))
    for (const number of Object.values(table.dropping)) {
      expect(verdict(number)).toBe("errno 1")
      expect(runFilter(dropping, { number, audit: table.audit })).toBe("allow")
    }
    expect(runFilter(dropping, { number: forbidden[architecture].mount!, audit: table.audit })).toBe("errno 1")
  })
})

test.each(every)("every jump of %o lands inside, and the last instruction returns", (options) => {
  const bytes = assembleFilter(options)
  const program = decodeFilter(bytes)
  expect(bytes.length % 8).toBe(0)
  expect(program.length).toBeLessThan(4096)
  for (const [at, { code, jumpTrue, jumpFalse }] of program.entries())
    if ((code & 7) === 5) expect(at + 1 + Math.max(jumpTrue, jumpFalse)).toBeLessThan(program.length)
  expect(program.at(-1)!.code).toBe(0x06)
})

test("what is not in the table can be killed or logged instead, to find out what a new runtime needs", () => {
  const { audit } = syscallTables.x64
  const verdictOf = (otherwise: "kill" | "log") =>
    runFilter(decodeFilter(assembleFilter({ architecture: "x64", otherwise })), { number: 58, audit })
  expect([verdictOf("kill"), verdictOf("log")]).toEqual(["kill", "log"])
})

test.each<[Architecture, number, string]>([
  ["x64", 317, "fd616c2007dd54e42e337983861fc698d6cceddbbe6d32e21bf3b4aaa9616e3d"],
  ["arm64", 285, "f7d10ae869acf0472b4a5d87b1cda23cab156bbcc309bff917ae9bea273108a8"],
])("the bytes of %s are the reviewed ones", (architecture, instructions, sha256) => {
  const bytes = assembleFilter({ architecture })
  expect(bytes.length).toBe(instructions * 8)
  expect(createHash("sha256").update(bytes).digest("hex")).toBe(sha256)
})

test.each<[Architecture, string]>([
  ["x64", "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"],
  ["arm64", "/usr/include/asm-generic/unistd.h"],
])("the numbers of %s are those of the kernel's headers", (architecture, path) => {
  if (!existsSync(path)) return console.warn(`skipped: ${path} is missing (apt-get install linux-libc-dev)`)
  const header = readFileSync(path, "utf8")
  const numbers = new Map(
    [...header.matchAll(/^#define __NR(?:3264)?_(\w+)\s+(\d+)$/gm)].map((match) => [match[1], Number(match[2])]),
  )
  const { allowed, ruled, dropping } = syscallTables[architecture]
  for (const [name, number] of Object.entries({ ...allowed, ...ruled, ...dropping, ...forbidden[architecture] }))
    expect([name, numbers.get(name) ?? numbers.get(name.replace("newfstatat", "fstatat"))]).toEqual([name, number])
})
