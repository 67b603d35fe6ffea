import { AshlarError } from "@ashlar/core"
import { answerRequest, type MigrateRequest } from "./migrate-request.ts"

/**
 * The program behind `ashlar migrate` and `ashlar db`: a process of its own, so that migrations and models find the app's own
 * packages, and what they leave open ends with it. It speaks JSON with its parent.
 */
process.once("message", async (request: MigrateRequest) => {
  const answer = await answerRequest(request, (progress) => process.send?.({ type: "progress", ...progress })).then(
    (value) => ({ type: "done", value }),
    (error) => ({ type: "failed", error: describe(error) }),
  )
  process.send?.(answer, () => process.exit(0))
})
process.once("disconnect", () => process.exit(0))
process.send?.({ type: "ready" })

function describe(error: unknown): { code: string; message: string; details?: unknown } {
  if (!(error instanceof AshlarError))
    return { code: "INTERNAL", message: error instanceof Error ? error.message : String(error) }
  const { code, message, details, cause } = error
  // The database's own words: whoever sits at the terminal may read them.
  const reason = cause instanceof Error && !message.includes(cause.message) ? ` (${cause.message})` : ""
  return { code, message: `${message}${reason}`, ...(details === undefined ? {} : { details }) }
}
