import { dlopen, ptr } from "bun:ffi"

/** The C library of Linux distributions: glibc's, then musl's. */
const LIBRARIES = ["libc.so.6", "libc.so"] as const
const FUNCTIONS = { clock_gettime: { args: ["i32", "ptr"], returns: "i32" } } as const

/**
 * Nanoseconds of processor time that a process has taken: of all its threads, those that ended included, as the
 * scheduler counts them. `/proc/PID/stat` counts in steps of 10 ms, and `/proc/PID/task` forgets threads that ended.
 * @see clock_getcpuclockid(3): the kernel makes the clock of a process from its id, as here
 */
export function createCpuClock(): (pid: number) => number {
  if (process.platform !== "linux")
    throw new Error(`Processor time is read as Linux gives it; this is ${process.platform}`)
  const { symbols } = openLibrary()
  const time = new BigInt64Array(2)
  const pointer = ptr(time)
  return (pid) => {
    const result = symbols.clock_gettime((~pid << 3) | 2, pointer)
    if (result !== 0) throw new Error(`The processor time of process ${pid} cannot be read: it has ended`)
    return Number(time[0]! * 1_000_000_000n + time[1]!)
  }
}

function openLibrary(): ReturnType<typeof dlopen<typeof FUNCTIONS>> {
  for (const name of LIBRARIES) {
    try {
      return dlopen(name, FUNCTIONS)
    } catch {
      // The next one.
    }
  }
  throw new Error(`None of ${LIBRARIES.join(", ")} can be loaded`)
}
