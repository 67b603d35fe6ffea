import { spawnSync } from "node:child_process"
import { appendFileSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { freePort } from "@ashlar/core/testing/ports"

/** A PostgreSQL and a standby that receives its changes, both this test's own. */
export interface Standby {
  readonly primaryUrl: string
  readonly standbyUrl: string
  readonly close: () => void
}

const VERSIONS = "/usr/lib/postgresql"

/** Where this machine keeps the server's programs, if it has them. */
export function postgresPrograms(): string | undefined {
  if (!existsSync(VERSIONS)) return undefined
  const folders = readdirSync(VERSIONS).map((version) => join(VERSIONS, version, "bin"))
  return folders.find((folder) => ["initdb", "pg_ctl", "pg_basebackup"].every((name) => existsSync(join(folder, name))))
}

export async function openStandby(programs: string): Promise<Standby> {
  const folder = mkdtempSync(join(tmpdir(), "orm-standby-"))
  // The server refuses to run as root.
  const owner = process.getuid?.() === 0 ? "postgres" : undefined
  const asOwner = (name: string, ...args: readonly string[]) => {
    const command = [join(programs, name), ...args]
    const [first = "", ...rest] = owner === undefined ? command : ["runuser", "-u", owner, "--", ...command]
    // A server keeps the pipes of who started it open.
    const { status, stderr } = spawnSync(first, rest, {
      cwd: "/",
      stdio: ["ignore", "ignore", name === "pg_ctl" ? "ignore" : "pipe"],
    })
    if (status !== 0) throw new Error(`${name}: ${stderr ?? status}`)
  }
  if (owner !== undefined) {
    const { stdout } = spawnSync("id", ["-u", owner], { encoding: "utf8" })
    chownSync(folder, Number(stdout), -1)
  }
  const [primary, standby] = [join(folder, "primary"), join(folder, "standby")]
  const [primaryPort, standbyPort] = [await freePort(), await freePort()]
  const start = (data: string, port: number) =>
    asOwner("pg_ctl", "-D", data, "-w", "-l", `${data}.log`, "-o", `-p ${port} -h 127.0.0.1 -k ${folder}`, "start")
  asOwner("initdb", "-D", primary, "-U", "postgres", "-A", "trust", "--no-sync")
  appendFileSync(join(primary, "postgresql.conf"), "\nfsync = off\nmax_connections = 30\nshared_buffers = 16MB\n")
  start(primary, primaryPort)
  const from = ["-h", "127.0.0.1", "-p", String(primaryPort), "-U", "postgres"]
  asOwner("pg_basebackup", ...from, "-D", standby, "-R", "-X", "stream", "--checkpoint=fast", "--no-sync")
  start(standby, standbyPort)
  return {
    primaryUrl: `postgres://postgres@127.0.0.1:${primaryPort}/postgres`,
    standbyUrl: `postgres://postgres@127.0.0.1:${standbyPort}/postgres`,
    close: () => {
      for (const data of [standby, primary]) asOwner("pg_ctl", "-D", data, "-m", "immediate", "stop")
      rmSync(folder, { recursive: true })
    },
  }
}
