import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { relative, resolve } from "node:path"
import { writeGoClient, writePythonClient, writeTypescriptClient } from "@ashlar/codegen"
import { Command } from "commander"
import type { Cli, Outcome } from "../cli.ts"
import { InputInvalid } from "../errors.ts"
import { choice, type Run } from "../program.ts"

const WRITERS = {
  ts: { write: writeTypescriptClient, file: "routes.gen.ts" },
  go: { write: writeGoClient, file: "api.go" },
  python: { write: writePythonClient, file: "api_client.py" },
} as const

interface GenerateFlags {
  readonly lang: keyof typeof WRITERS
  readonly out?: string
}

/** `client generate`. */
export function registerClient(program: Command, run: Run): void {
  const client = new Command("client").description("clients of an API that has an OpenAPI document")
  client
    .command("generate")
    .description("write a client from an OpenAPI document")
    .argument("<document>", "the file of the document, as JSON")
    .addOption(choice("--lang <name>", "what it is written in", ["ts", "python", "go"]).default("ts"))
    .option("--out <file>", "the file to write; default: routes.gen.ts, api_client.py or api.go")
    .addHelpText("after", help)
    .action(run(generate))
  program.addCommand(client)
}

const help = `
ts is what createClient of @ashlar/client takes; python needs Python 3.11 and go Go 1.19, and nothing besides.

Examples:
  ashlar client generate openapi.json --out src/routes.gen.ts
  ashlar client generate openapi.json --lang python`

async function generate(cli: Cli, name: string, { lang, out }: GenerateFlags): Promise<Outcome> {
  const { write, file } = WRITERS[lang]
  const text = write(readDocument(resolve(cli.io.cwd, name), name))
  const to = resolve(cli.io.cwd, out ?? file)
  writeFileSync(to, text)
  const shown = relative(cli.io.cwd, to)
  return { value: { file: shown, lang }, text: `${shown} is written.` }
}

function readDocument(path: string, name: string): unknown {
  if (!existsSync(path)) throw new InputInvalid(`There is no ${name}.`)
  try {
    return JSON.parse(readFileSync(path, "utf8"))
  } catch (cause) {
    throw new InputInvalid(`${name} is not JSON.`, { cause })
  }
}
