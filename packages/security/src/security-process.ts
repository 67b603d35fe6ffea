import { AshlarError } from "@ashlar/core"
import { answerRequest, type SecurityRequest } from "./process/answer-request.ts"

/**
 * The program behind `ashlar security`, `ashlar audit` and `ashlar compliance`: a process of its own, so that it finds the app's own
 * packages. It speaks JSON with its parent.
 */
process.once("message", async (request: SecurityRequest) => {
  const answer = await answerRequest(request).then(
    (value) => ({ type: "done", value }),
    (error: unknown) => ({ type: "failed", error: describe(error) }),
  )
  process.send?.(answer, () => process.exit(0))
})
process.once("disconnect", () => process.exit(0))
process.send?.({ type: "ready" })

function describe(error: unknown): { readonly code: string; readonly message: string } {
  if (error instanceof AshlarError) {
    // Whoever sits at the terminal may read why; secrets are in no error of ours.
    const reason = error.cause instanceof AshlarError ? ` (${error.cause.message})` : ""
    return { code: error.code, message: `${error.message}${reason}` }
  }
  return { code: "INTERNAL", message: error instanceof Error ? error.message : String(error) }
}
