/**
 * The seccomp filter of a function's process, assembled here as classic BPF so that it can be read, tested and never
 * depends on a tool of the host. Deny by default: what is not in the table answers EPERM.
 *
 * @see https://docs.kernel.org/userspace-api/seccomp_filter.html
 */

import { type Architecture, syscallTables } from "./syscalls.ts"

const LOAD = 0x20
const JUMP_EQUAL = 0x15
const JUMP_AT_LEAST = 0x35
const AND = 0x54
const RETURN = 0x06

const ALLOW = 0x7fff0000
const KILL_PROCESS = 0x80000000
const LOG = 0x7ffc0000
const errno = (number: number): number => 0x00050000 | number

const EPERM = 1
const ENOTTY = 25
const ENOSYS = 38
const EAFNOSUPPORT = 97

const NUMBER = 0
const ARCHITECTURE = 4
const FIRST_ARGUMENT = 16
const SECOND_ARGUMENT = 24

/** Numbers from here on are the x32 calling convention: other calls under numbers that look alike. */
const X32_BIT = 0x40000000

const CLONE_VM_AND_THREAD = 0x00010100
const CLONE_NEW_ANYTHING = 0x7e020000
const AF_UNIX = 1
/** TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIOCLEX: what a runtime asks of descriptors. Not TIOCSTI, not TIOCLINUX. */
const ioctls = [0x5401, 0x5413, 0x541b, 0x5421, 0x5451]
/** PR_SET_NAME, PR_GET_NAME, PR_SET_VMA. */
const prctls = [15, 16, 0x53564d41]
/**
 * What `setpriv` asks while it leaves root: keep-caps, bounding-set read and drop, secure bits, no-new-privs, ambient set.
 */
const droppingPrctls = [7, 8, 23, 24, 27, 28, 38, 39, 47]

type Instruction = readonly [code: number, jumpTrue: number, jumpFalse: number, k: number]

export interface FilterOptions {
  readonly architecture: Architecture
  /** Also allow what a root process needs to become an ordinary one. Default false. */
  readonly dropsPrivileges?: boolean
  /** What a call outside the list gets. "kill" and "log" are for finding out what a new runtime needs. Default "errno". */
  readonly otherwise?: "errno" | "kill" | "log"
}

/**
 * Assembles the filter: `sock_filter` records of 8 bytes, little-endian, without a header, as `bwrap --seccomp` reads them.
 * At most 4,096 instructions are accepted by the kernel; this makes about 320.
 */
export function assembleFilter(options: FilterOptions): Uint8Array {
  const table = syscallTables[options.architecture]
  const dropping = options.dropsPrivileges === true
  const program: Instruction[] = [
    [LOAD, 0, 0, ARCHITECTURE],
    [JUMP_EQUAL, 1, 0, table.audit],
    [RETURN, 0, 0, KILL_PROCESS],
    [LOAD, 0, 0, NUMBER],
    [JUMP_AT_LEAST, 0, 1, X32_BIT],
    [RETURN, 0, 0, KILL_PROCESS],
  ]
  const allowed = { ...table.allowed, ...(dropping ? table.dropping : {}) }
  for (const number of Object.values(allowed)) program.push([JUMP_EQUAL, 0, 1, number], [RETURN, 0, 0, ALLOW])

  const rule = (number: number, body: readonly Instruction[]): void => {
    program.push([JUMP_EQUAL, 0, body.length, number], ...body)
  }
  // clone3 takes its flags by pointer, where a filter cannot see them. ENOSYS makes libc fall back to clone.
  rule(table.ruled.clone3, [[RETURN, 0, 0, errno(ENOSYS)]])
  // Threads only: no process, no namespace.
  rule(table.ruled.clone, [
    [LOAD, 0, 0, FIRST_ARGUMENT],
    [AND, 0, 0, CLONE_VM_AND_THREAD | CLONE_NEW_ANYTHING],
    [JUMP_EQUAL, 0, 1, CLONE_VM_AND_THREAD],
    [RETURN, 0, 0, ALLOW],
    [RETURN, 0, 0, errno(EPERM)],
  ])
  rule(table.ruled.socket, oneOf(FIRST_ARGUMENT, [AF_UNIX], errno(EAFNOSUPPORT)))
  rule(table.ruled.socketpair, oneOf(FIRST_ARGUMENT, [AF_UNIX], errno(EAFNOSUPPORT)))
  rule(table.ruled.ioctl, oneOf(SECOND_ARGUMENT, ioctls, errno(ENOTTY)))
  rule(table.ruled.prctl, oneOf(FIRST_ARGUMENT, dropping ? [...prctls, ...droppingPrctls] : prctls, errno(EPERM)))
  const otherwise = { errno: errno(EPERM), kill: KILL_PROCESS, log: LOG }[options.otherwise ?? "errno"]
  program.push([RETURN, 0, 0, otherwise])
  return encode(program)
}

/** Allows the call when the low word of an argument is one of `values`; the kernel reads these arguments as 32 bits. */
function oneOf(offset: number, values: readonly number[], refusal: number): readonly Instruction[] {
  const tests = values.map((value, index): Instruction => [JUMP_EQUAL, values.length - index, 0, value])
  return [[LOAD, 0, 0, offset], ...tests, [RETURN, 0, 0, refusal], [RETURN, 0, 0, ALLOW]]
}

function encode(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * 8)
  const view = new DataView(bytes.buffer)
  program.forEach(([code, jumpTrue, jumpFalse, k], index) => {
    view.setUint16(index * 8, code, true)
    view.setUint8(index * 8 + 2, jumpTrue)
    view.setUint8(index * 8 + 3, jumpFalse)
    view.setUint32(index * 8 + 4, k >>> 0, true)
  })
  return bytes
}
