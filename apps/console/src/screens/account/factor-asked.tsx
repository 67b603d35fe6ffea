import type { FactorState } from "@ashlar/sdk"
import { useRouter, useSearch } from "@tanstack/react-router"
import { ArrowRight, ShieldAlert } from "lucide-react"
import { useState } from "react"
import { queryClient } from "../../queries.ts"
import { Button } from "../../ui/button.tsx"
import { StepUp } from "./step-up.tsx"

/** Why somebody was led here: where they were going, a second factor is asked of everybody. */
export function FactorAsked({ state }: { state: FactorState }) {
  const { asked } = useSearch({ from: "/signed-in/security" })
  const router = useRouter()
  const [isShowing, setShowing] = useState(false)
  if (asked === undefined) return null
  const goOn = (): void => {
    // What was refused before is asked again.
    queryClient.removeQueries({ predicate: ({ state: { status } }) => status === "error" })
    router.history.push(asked)
  }
  const hasFactor = state.factors.length > 0
  return (
    <section className="setting" aria-label="A second factor is asked">
      <div className="notice warn" role="status">
        <ShieldAlert className="i" />
        <div>
          <b>A second factor is asked of everybody there.</b>{" "}
          {hasFactor
            ? "Show yours, and go on."
            : "Add an authenticator app or a passkey below, and go on where you were going."}
          {hasFactor && (
            <p className="mt-2 flex flex-wrap gap-2">
              <Button onClick={() => setShowing(true)}>Show my second factor</Button>
              <Button look="quiet" icon={ArrowRight} onClick={goOn}>
                Go on
              </Button>
            </p>
          )}
        </div>
      </div>
      {isShowing && <StepUp state={state} onDone={goOn} onClose={() => setShowing(false)} />}
    </section>
  )
}
