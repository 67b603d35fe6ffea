import { AshlarError } from "@ashlar/core"
import { answerRequest, type MigrateRequest } from "./migrate-request.ts"
import { Shell } from "./shell.ts"

/**
 * The program behind `ashlar migrate` and `ashlar db`: a process of its own, so that migrations and models find the app's own
 * packages, and what they leave open ends with it. It speaks JSON with its parent.
 */
process.once("message", async (request: MigrateRequest | ShellRequest) => {
  if (request.command === "shell") return await serveShell(request)
  const answer = await answerRequest(request, (progress) => process.send?.({ type: "progress", ...progress })).then(
    (value) => ({ type: "done", value }),
    (error) => ({ type: "failed", error: describe(error) }),
  )
  process.send?.(answer, () => process.exit(0))
})
process.once("disconnect", () => process.exit(0))
process.send?.({ type: "ready" })

interface ShellRequest {
  readonly command: "shell"
  readonly url: string
  readonly mayWrite: boolean
}

/** Answers one text after another, until the parent has enough. */
async function serveShell({ url, mayWrite }: ShellRequest): Promise<void> {
  const refuse = (error: unknown) => process.send?.({ type: "failed", error: describe(error) })
  let shell: Shell
  try {
    shell = await Shell.open(url, mayWrite)
  } catch (error) {
    refuse(error)
    return
  }
  process.on("message", async ({ text }: { readonly text?: string }) => {
    if (text === undefined) process.exit(0)
    await shell.run(text).then((value) => process.send?.({ type: "done", value }), refuse)
  })
  process.send?.({ type: "done", value: [] })
}

function describe(error: unknown): { code: string; message: string; details?: unknown } {
  if (!(error instanceof AshlarError))
    return { code: "INTERNAL", message: error instanceof Error ? error.message : String(error) }
  const { code, message, details, cause } = error
  // The database's own words: whoever sits at the terminal may read them.
  const reason = cause instanceof Error && !message.includes(cause.message) ? ` (${cause.message})` : ""
  return { code, message: `${message}${reason}`, ...(details === undefined ? {} : { details }) }
}
