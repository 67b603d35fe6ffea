import { beforeAll, expect, test } from "bun:test"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { temporaryHome } from "./guides.ts"

export type Runtime = "bun" | "node" | "deno"

export interface RuntimeTestOptions {
  /** The program in `src/testing`, by its name. Default `runtime-process`. */
  readonly program?: string
  /** Packages that are not put into the bundle: those that read files beside their own. */
  readonly external?: readonly string[]
  /** Default 60,000. */
  readonly timeoutMs?: number
  /** Looks at what the program said. Default: that it is `all is well`. */
  readonly said?: (text: string) => void | Promise<void>
}

/**
 * Runs a program of a package on every runtime: Bun takes the source, Node and Deno a bundle of it.
 *
 * @param given What the program is told, as its one argument: texts as they are, all else as JSON.
 */
export function testOnRuntimes(
  packageFolder: string,
  what: string,
  given: (runtime: Runtime, folder: string) => unknown,
  options: RuntimeTestOptions = {},
): void {
  const { program: name = "runtime-process", external = [], timeoutMs = 60_000, said: look = isWell } = options
  const program = join(packageFolder, "src", "testing", `${name}.ts`)
  const folder = temporaryHome(packageFolder)
  const bundle = join(folder, `${name}.mjs`)
  beforeAll(async () => {
    const built = await Bun.build({
      entrypoints: [program],
      target: "node",
      outdir: folder,
      naming: "[name].mjs",
      external: [...external],
    })
    expect(built.success).toBe(true)
  })
  const { NODE_BIN: node, DENO_BIN: deno } = process.env
  const commands: readonly (readonly [Runtime, readonly string[] | undefined])[] = [
    ["bun", [process.execPath, program]],
    ["node", node && existsSync(node) ? [node, bundle] : undefined],
    ["deno", deno && existsSync(deno) ? [deno, "run", "--quiet", "--allow-all", "--no-lock", bundle] : undefined],
  ]
  for (const [runtime, command] of commands) {
    if (command === undefined && process.env.CI !== "true") {
      console.warn(`skipped: what needs ${runtime}, for there is none`)
      continue
    }
    const run = async (): Promise<void> => {
      const told = await given(runtime, folder)
      const argument = typeof told === "string" ? told : JSON.stringify(told)
      const child = Bun.spawn([...command!, argument], { stdin: "ignore", stdout: "pipe", stderr: "pipe" })
      const [said, problems] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
      expect([await child.exited, problems]).toEqual([0, ""])
      await look(said)
    }
    test(`${what} on ${runtime}`, run, timeoutMs)
  }
}

function isWell(text: string): void {
  expect(text).toBe("all is well\n")
}
