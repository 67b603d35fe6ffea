import type { BaseContext } from "@ashlar/http"
import { pageAnswer } from "../pages/page-answer.ts"
import type { Parts } from "../parts.ts"
import type { AnswerAddress } from "./authorization-request.ts"

/** Sends parameters to the client, with who sends them (RFC 9207), so that it cannot take them for another server's. */
export function answerClient(
  parts: Parts,
  ctx: BaseContext,
  address: AnswerAddress,
  parameters: Readonly<Record<string, string>>,
): unknown {
  const { redirectUri, responseMode, state } = address
  const fields = { ...parameters, ...(state !== null && { state }), iss: parts.settings.issuer }
  if (responseMode === "form_post") {
    const page = parts.pages.formPost({ form: { action: redirectUri, fields } })
    return pageAnswer(ctx, page, { formTo: redirectUri, submits: true })
  }
  const query = new URLSearchParams(fields).toString()
  return ctx
    .redirect(`${redirectUri}${redirectUri.includes("?") ? "&" : "?"}${query}`, 303)
    .withHeaders({ "cache-control": "no-store", "referrer-policy": "no-referrer" })
}
