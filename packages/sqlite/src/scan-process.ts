import { dlopen } from "bun:ffi"
import { Connection } from "./connection.ts"
import { SqliteScanTooManyRows } from "./errors.ts"
import { toErrorWire } from "./faults.ts"
import type { ScanReply, ScanRequest } from "./scanner.ts"

/*
 * A reader in a process of its own. A thread inside SQLite cannot be stopped (Worker.terminate waits for it), and while
 * it reads, the log cannot shrink; a process can be killed. The parent's timer does that; the alarm is for the parent
 * that died first.
 */

const setAlarm = loadAlarm()

process.on("message", (request: ScanRequest) => {
  setAlarm(Math.ceil(request.timeoutMs / 1000) + 1)
  const reply = scan(request)
  setAlarm(0)
  process.send?.(reply)
})
process.on("disconnect", () => process.exit(0))

function scan({ path, sql, params, maxRows }: ScanRequest): ScanReply {
  let connection: Connection | undefined
  try {
    connection = new Connection(path, "read")
    const rows: unknown[] = []
    for (const row of connection.iterate(sql, params)) {
      if (rows.length === maxRows) {
        throw new SqliteScanTooManyRows(
          `Expected at most ${maxRows} rows, got more. Add a LIMIT and page through them.`,
          { details: { maxRows } },
        )
      }
      rows.push(row)
    }
    return { rows }
  } catch (error) {
    return { error: toErrorWire(error, path) }
  } finally {
    connection?.close()
  }
}

/** POSIX alarm(2): its signal ends the process whatever it is doing. Where no libc is found, only the parent's timer holds. */
function loadAlarm(): (seconds: number) => void {
  for (const library of ["libc.so.6", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1", "libSystem.B.dylib"]) {
    try {
      const { symbols } = dlopen(library, { alarm: { args: ["u32"], returns: "u32" } })
      return (seconds) => void symbols.alarm(seconds)
    } catch {
      // Not this platform's name.
    }
  }
  return () => {}
}
