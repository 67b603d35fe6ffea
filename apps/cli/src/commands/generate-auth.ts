import { join } from "node:path"
import type { TestRunner } from "@ashlar/codegen"
import { Command, type Option } from "commander"
import { AUTH_PACKAGES, AUTH_VARIABLES, authFiles } from "../auth-files.ts"
import type { Cli, Outcome } from "../cli.ts"
import { addVariables } from "../env-example.ts"
import { InputInvalid } from "../errors.ts"
import { writeNewFiles } from "../new-file.ts"
import { policyFiles } from "../policy-files.ts"
import { choice, type Run } from "../program.ts"

interface Flags {
  readonly runner: TestRunner
  readonly force?: boolean
}

/** `generate auth` and `generate policy`. */
export function registerGenerateAuth(generate: Command, run: Run): void {
  generate
    .addCommand(
      new Command("auth")
        .description("write an app with accounts: users, a migration, routes, and a test of it")
        .addOption(runner())
        .option("--force", "write over files that are there")
        .addHelpText("after", authHelp)
        .action(run(generateAuth)),
    )
    .addCommand(
      new Command("policy")
        .description("write a policy of a resource, and its test")
        .argument("<name>", "of the resource: Post")
        .addOption(runner())
        .option("--force", "write over files that are there")
        .addHelpText("after", policyHelp)
        .action(run(generatePolicy)),
    )
}

function runner(): Option {
  return choice("--runner <name>", "what runs the test", ["bun", "node", "vitest"]).default("bun")
}

const authHelp = `
People sign up and in by mail, password and passkey, with a second factor; there is an audit log, and one role.

Examples:
  ashlar generate auth                        writes src/app.ts, src/user.ts, …, a migration and test/accounts.test.ts
  ashlar generate auth --runner node`

const policyHelp = `
Examples:
  ashlar generate policy Post                 writes src/policies/post-policy.ts and test/post-policy.test.ts`

async function generateAuth(cli: Cli, { runner, force }: Flags): Promise<Outcome> {
  const { cwd } = cli.io
  const made = new Date().toISOString().slice(0, 19).replaceAll(/\D/g, "")
  const files = writeNewFiles(cwd, authFiles(made, runner), force)
  const variables = addVariables(join(cwd, ".env.example"), AUTH_VARIABLES)
  const text = [
    ...files.map((file) => `${file} is written.`),
    `Install what it is made of: npm install ${AUTH_PACKAGES.join(" ")}`,
    "Set AUTH_SECRET to 32 random bytes that stay, such as openssl rand -base64 32 gives, and run src/main.ts.",
  ].join("\n")
  return { value: { files, packages: AUTH_PACKAGES, variables }, text }
}

async function generatePolicy(cli: Cli, name: string, { runner, force }: Flags): Promise<Outcome> {
  if (!/^[A-Z][A-Za-z0-9]{0,39}$/.test(name))
    throw new InputInvalid("Expected the name of a resource as a class has it, of at most 40 letters and digits: Post.")
  const files = writeNewFiles(cli.io.cwd, policyFiles(name, runner), force)
  return { value: { files }, text: `${files.join(" and ")} are written. Put the policy into defineAccess.` }
}
