import { existsSync, mkdirSync, mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Subprocess } from "bun"

const subject = fileURLToPath(new URL("./subject.ts", import.meta.url))
const source = fileURLToPath(new URL("./disk-shim.c", import.meta.url))

/** A fresh folder on the real disk; the caller removes it. */
export function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), "ashlar-sqlite-"))
}

/** Compiles the shim into a folder, once. */
export async function compileShim(folder: string): Promise<string> {
  const library = join(folder, "disk-shim.so")
  if (!existsSync(library)) {
    await Bun.$`cc -O1 -Wall -Werror -shared -fPIC -o ${library} ${source} -ldl -lpthread`.quiet()
  }
  return library
}

export interface SubjectOptions {
  /** Where the shim is compiled to. */
  readonly folder: string
  readonly mode: string
  readonly path: string
  readonly amount: number
  readonly synchronous?: "FULL" | "NORMAL"
  readonly env?: Readonly<Record<string, string>>
  /** Put before the program: a tracer. */
  readonly prefix?: readonly string[]
}

/** Starts the program under test, below the shim when `env` names a SHIM_ROOT. */
export async function startSubject(options: SubjectOptions): Promise<Subprocess<"ignore", "pipe", "inherit">> {
  const { folder, mode, path, amount, synchronous = "FULL", env = {}, prefix = [] } = options
  mkdirSync(dirname(path), { recursive: true })
  const preload: Record<string, string> = env.SHIM_ROOT === undefined ? {} : { LD_PRELOAD: await compileShim(folder) }
  return Bun.spawn({
    cmd: [...prefix, process.execPath, subject, mode, path, String(amount)],
    env: { ...process.env, ...preload, ...env, SUBJECT_SYNCHRONOUS: synchronous },
    stdio: ["ignore", "pipe", "inherit"],
  })
}

/** The ids a subject acknowledged, from what it printed. A last line cut by a kill is no acknowledgement. */
export function acknowledgedIds(output: string): number[] {
  return [...output.matchAll(/^ack (\d+)\n/gm)].map(([, id]) => Number(id))
}
