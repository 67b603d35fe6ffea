import { freePort } from "@ashlar/core/testing/ports"
import type { ServerSettings } from "./profile.ts"

/** How long a server may take to answer for the first time. */
const READY_MS = 15_000

/** A server in a process of its own. */
export interface ServerProcess {
  readonly port: number
  readonly pid: number
  /** Milliseconds from the start of its process to its first answer. */
  readonly startMs: number
  stop(): Promise<void>
}

export async function startServer(
  command: readonly string[],
  settings: Omit<ServerSettings, "port">,
): Promise<ServerProcess> {
  const port = await freePort()
  const started = performance.now()
  const child = Bun.spawn([...command], {
    env: {
      ...process.env,
      NODE_ENV: "production",
      DENO_NO_UPDATE_CHECK: "1",
      PORT: String(port),
      PROFILE: settings.profile,
      FILES: settings.files,
    },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "inherit",
  })
  try {
    while (!(await answers(port))) {
      if (child.exitCode !== null || performance.now() - started > READY_MS) throw new Error(complaint(child.exitCode))
      await Bun.sleep(1)
    }
  } catch (error) {
    child.kill("SIGKILL")
    throw new Error(`${command.join(" ")} (${settings.profile}): ${(error as Error).message}`)
  }
  const startMs = performance.now() - started
  return {
    port,
    pid: child.pid,
    startMs,
    async stop() {
      child.kill("SIGKILL")
      await child.exited
    },
  }
}

function complaint(exitCode: number | null): string {
  return exitCode === null ? `did not answer within ${READY_MS} ms` : `ended with ${exitCode} before its first answer`
}

/** Whether an HTTP answer comes on a new connection. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        open: (socket) => void socket.write("GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"),
        data(socket, bytes) {
          resolve(bytes.toString("latin1", 0, 12) === "HTTP/1.1 200")
          socket.end()
        },
        close: () => resolve(false),
        error: () => resolve(false),
      },
    }).catch(() => resolve(false))
  })
}
