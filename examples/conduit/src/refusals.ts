import type { AshlarError } from "@ashlar/core"
import { errors } from "@ashlar/http"

/* What this API refuses, each told by the thing that it is about: `{ "errors": { "article": ["not found"] } }`. */

export type Thing = "article" | "comment" | "profile"

export function notFound(thing: Thing): AshlarError {
  return new errors.NotFound(`There is no such ${thing}`, { details: { [thing]: ["not found"] } })
}

export function forbidden(thing: Thing): AshlarError {
  return new errors.Forbidden(`Only its author may change this ${thing}`, { details: { [thing]: ["forbidden"] } })
}

export function unauthorized(about: "token" | "credentials", what: string): AshlarError {
  return new errors.Unauthorized("Sign in first", { details: { [about]: [what] } })
}

export function taken(field: "username" | "email"): AshlarError {
  return new errors.Conflict(`The ${field} has already been taken`, {
    details: { [field]: ["has already been taken"] },
  })
}
