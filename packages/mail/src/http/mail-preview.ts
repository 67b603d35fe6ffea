import { contentDisposition } from "@ashlar/core/files"
import { errors, type Failure, fail, layer, Reply, type Scope } from "@ashlar/http"
import type { Mail } from "../mail.ts"
import type { OutboxEntry } from "../transport.ts"
import { listPage, messagePage } from "./preview-page.ts"

const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
/** For what a message brings: it runs nothing, loads nothing from elsewhere, and is of no site. */
const MESSAGE_POLICY =
  "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
const PICTURE = /^image\/(?:png|jpeg|gif|webp|avif)$/

const careful = layer({
  name: "mailPreview",
  headers: { "referrer-policy": "no-referrer", "x-content-type-options": "nosniff", "cache-control": "no-store" },
})

/**
 * Pages that show what was sent into `memory:` or `log:`: for whoever writes the templates. Nothing of a message runs.
 *
 * They show all mail to whoever asks. Declare them in development only; over a transport that sends there is nothing to show, and they
 * answer 404.
 *
 * @example if (isDevelopment) app.scope("/dev/mail", mailPreview({ mail }))
 */
export function mailPreview({ mail }: { readonly mail: Mail }): (scope: Scope) => void {
  const find = (id: string): OutboxEntry | undefined => mail.outbox?.find(id)
  return (outer) => {
    outer.scope("/", [careful], (scope) => {
      scope.get("/", { summary: "What mail was sent", errors: [errors.NotFound] }, async (ctx) => {
        await mail.ready()
        if (mail.outbox === undefined) return fail(errors.NotFound, "Nothing is kept of what this mail sends")
        return page(listPage(mail.outbox.list(), baseOf(ctx.path, 0)), PAGE_POLICY)
      })
      scope.get("/:id", { summary: "One message", errors: [errors.NotFound] }, (ctx) => {
        const entry = find(ctx.params.id)
        return entry === undefined ? missing() : page(messagePage(entry, baseOf(ctx.path, 1)), PAGE_POLICY)
      })
      scope.get("/:id/html", { summary: "Its HTML, to be shown in a frame", errors: [errors.NotFound] }, (ctx) => {
        const entry = find(ctx.params.id)
        if (entry?.message.html === undefined) return missing()
        return page(withPictures(entry, baseOf(ctx.path, 2)), MESSAGE_POLICY)
      })
      scope.get(
        "/:id/attachments/:index",
        { summary: "A file that came with it", errors: [errors.NotFound] },
        (ctx) => {
          const index = /^\d{1,4}$/.test(ctx.params.index) ? Number(ctx.params.index) : -1
          const file = find(ctx.params.id)?.message.attachments[index]
          if (file === undefined) return missing()
          const isShown = PICTURE.test(file.contentType) && file.contentId !== undefined
          return new Reply(200, file.content, file.contentType, {
            "content-security-policy": MESSAGE_POLICY,
            "content-disposition": contentDisposition(file.filename, isShown ? "inline" : "attachment"),
          })
        },
      )
    })
  }
}

function missing(): Failure {
  return fail(errors.NotFound, "There is no such message; only the last ones are kept")
}

function page(text: string, policy: string): Reply {
  return new Reply(200, text, "text/html;charset=utf-8", { "content-security-policy": policy })
}

/** The path of the list, wherever the routes were put: that of the request without its last segments. */
function baseOf(path: string, segments: number): string {
  const parts = path.replace(/\/+$/, "").split("/")
  return parts.slice(0, parts.length - segments).join("/")
}

/** Pictures that the message brings stand under its own address here. */
function withPictures({ id, message }: OutboxEntry, base: string): string {
  return message.html!.replace(/(["'(])cid:([A-Za-z0-9._-]{1,128})/g, (whole, before, contentId) => {
    const index = message.attachments.findIndex((file) => file.contentId === contentId)
    return index < 0 ? whole : `${before}${base}/${id}/attachments/${index}`
  })
}
