import { join } from "node:path"
import type { Costs } from "./measure.ts"

export interface SubjectFile {
  readonly subject: string
  /** In `subjects/`. */
  readonly file: string
}

interface Group {
  readonly database: "sqlite" | "postgres"
  readonly runtime: "bun" | "node"
  readonly subjects: readonly SubjectFile[]
}

const named = (database: string, names: readonly string[]): readonly SubjectFile[] =>
  names.map((name) => ({ subject: name, file: `${database}-${name}` }))

const POSTGRES_PEERS = named("postgres", ["pg-prepared", "kysely", "drizzle", "drizzle-prepared", "prisma"])

/** Who is measured on what. Drizzle has no driver for node:sqlite. */
export const GROUPS: readonly Group[] = [
  {
    database: "sqlite",
    runtime: "bun",
    subjects: [
      { subject: "raw", file: "sqlite-raw-bun" },
      ...named("sqlite", ["ashlar", "kysely", "drizzle", "drizzle-prepared"]),
    ],
  },
  {
    database: "sqlite",
    runtime: "node",
    subjects: [{ subject: "raw", file: "sqlite-raw-node" }, ...named("sqlite", ["ashlar", "kysely"])],
  },
  {
    database: "postgres",
    runtime: "bun",
    subjects: [...named("postgres", ["raw", "ashlar", "ashlar-pg"]), ...POSTGRES_PEERS],
  },
  { database: "postgres", runtime: "node", subjects: [...named("postgres", ["raw", "ashlar"]), ...POSTGRES_PEERS] },
]

/** The case's name: Bun is not said, for it is what users of the embedded database have. */
export function caseName({ database, runtime }: Pick<Group, "database" | "runtime">, what: string): string {
  return runtime === "bun" ? `${database} ${what}` : `${runtime} ${database} ${what}`
}

/** One file with all that it needs, as it would be deployed. Gives its path. */
export async function bundleSubject(file: string, runtime: "bun" | "node", folder: string): Promise<string> {
  const result = await Bun.build({
    entrypoints: [join(import.meta.dir, "subjects", `${file}.ts`)],
    target: runtime,
    format: "esm",
    outdir: join(folder, runtime),
    naming: "[name].mjs",
    external: ["pg-native"],
  })
  return result.outputs[0]!.path
}

/** Runs a subject in a process of its own. @throws with its words when it is wrong or fails. */
export async function runSubject(binary: string, bundle: string, task: object): Promise<Costs> {
  const command = [binary, bundle, JSON.stringify(task)]
  const child = Bun.spawn(command, {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: { ...process.env, NODE_ENV: "production" },
  })
  const [code, output, problems] = await Promise.all([
    child.exited,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ])
  if (code !== 0) throw new Error(`${bundle} ended with ${code}: ${problems.slice(0, 2000)}`)
  return JSON.parse(output) as Costs
}
