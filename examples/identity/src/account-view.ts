import type { BaseContext } from "@ashlar/http"
import { accountPage } from "./pages/account-pages.ts"
import type { Parts } from "./parts.ts"
import { saidOf, statusOf } from "./sign-in-routes.ts"

interface Said {
  readonly problem?: string
  readonly done?: string | undefined
  readonly status?: 400 | 401 | 422 | 429
}
type Mine = BaseContext & { readonly principal: { readonly id: string } }

export type AccountView = ReturnType<typeof createAccountView>

/** What the routes of the account answer with, and note. */
export function createAccountView(parts: Parts) {
  const { people, mfa, identities, client, journal, origin } = parts
  const show = async (ctx: BaseContext, id: string, { problem, done, status }: Said) => {
    const isHere = ctx.url.host === new URL(origin).host
    const view = {
      person: (await people.find(id))!,
      factors: await mfa.list(id),
      recoveryLeft: await mfa.recovery.left(id),
      devices: (await mfa.devices.list(id)).length,
      identities: (await identities.list(id)).map((one) => ({ ...one, at: parts.labelOf(one.provider) })),
      ways: client.providers.map(({ name, label }) => ({
        label,
        action: isHere ? `/sign-in/${name}/connect` : undefined,
      })),
      origin,
    }
    return ctx.html<number>(accountPage({ ...view, problem, done }), status ?? 200)
  }
  const failed = (ctx: Mine, error: unknown) =>
    show(ctx, ctx.principal.id, { problem: saidOf(error), status: statusOf(error) })
  const did = (ctx: Mine, action: string, details?: object) =>
    journal.note(ctx, action, { about: ctx.principal.id, ...(details !== undefined && { details: { ...details } }) })
  return { show, failed, did }
}
