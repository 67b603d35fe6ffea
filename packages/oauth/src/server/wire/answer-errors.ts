import type { BaseContext } from "@ashlar/http"
import { pageAnswer } from "../pages/page-answer.ts"
import type { Parts } from "../parts.ts"
import { Refusal } from "./refusal.ts"

type Endpoint = (parts: Parts, ctx: BaseContext) => Promise<unknown>

/** An endpoint for programs: what is refused is told as RFC 6749, section 5.2 says. */
export function forPrograms(open: () => Promise<Parts>, endpoint: Endpoint): (ctx: BaseContext) => Promise<unknown> {
  return async (ctx) => {
    try {
      return await endpoint(await open(), ctx)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return ctx
        .json<number>({ error: error.error, error_description: error.message }, error.httpStatus)
        .withHeaders({ "cache-control": "no-store", ...error.headers })
    }
  }
}

/** An endpoint for people: what is refused is a page, and the browser stays here. */
export function forPeople(open: () => Promise<Parts>, endpoint: Endpoint): (ctx: BaseContext) => Promise<unknown> {
  return async (ctx) => {
    const parts = await open()
    try {
      return await endpoint(parts, ctx)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return pageAnswer(ctx, parts.pages.message({ kind: "error", detail: error.message }), {
        status: error.httpStatus,
      })
    }
  }
}
