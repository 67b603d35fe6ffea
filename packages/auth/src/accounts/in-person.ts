import type { DeclaredBy } from "@ashlar/core"
import { fail, type Layer, layer, type NeedsCarrier } from "@ashlar/http"
import { StepUpRequired } from "../errors.ts"
import type { AnyPrincipal } from "../principal.ts"

/** A layer that lets nobody pass who acts as somebody else: an account's locks are its owner's. It stands inside of a guard. */
export const inPerson: Layer<unknown, DeclaredBy<typeof StepUpRequired>> &
  NeedsCarrier<{ readonly principal: AnyPrincipal }> = layer({
  name: "inPerson",
  errors: [StepUpRequired],
  before: (ctx) => {
    const { principal } = ctx as typeof ctx & { readonly principal: AnyPrincipal }
    return principal.actor === undefined ? undefined : fail(StepUpRequired)
  },
}) as Layer<unknown, DeclaredBy<typeof StepUpRequired>> & NeedsCarrier<{ readonly principal: AnyPrincipal }>
