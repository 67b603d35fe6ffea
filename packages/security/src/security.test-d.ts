import { openRateLimits } from "@ashlar/cache/rate-limits"
import { createApp, errors, fail, layer } from "@ashlar/http"
import { text } from "@ashlar/orm"
import { openAudit } from "./audit/open-audit.ts"
import { csrf } from "./csrf/csrf.ts"
import { synchronizer } from "./csrf/synchronizer.ts"
import { concurrencyLimit } from "./limits/concurrency-limit.ts"
import { rateLimit } from "./limits/rate-limit.ts"

/* What layers need before them is a type: whoever forgets it is told by the compiler. */

const signedIn = layer({
  name: "signedIn",
  errors: [errors.Unauthorized],
  before: ({ headers }) => (headers.has("x") ? { user: { id: "u", csrf: "s" } } : fail(errors.Unauthorized)),
})
const limits = openRateLimits("memory:")
const rate = rateLimit({
  limits,
  policies: [{ name: "a", limit: 1, window: "1s" }],
  needs: [signedIn],
  by: (ctx) => ctx.user.id,
})
const busy = concurrencyLimit({ max: 2, needs: [signedIn], by: (ctx) => ctx.user.id })
const safe = csrf({ tokens: synchronizer({ needs: [signedIn], secret: (ctx) => ctx.user.csrf }) })

createApp({ layers: [signedIn, rate, busy, safe] })
// @ts-expect-error the limit counts users, and nobody says who it is
createApp({ layers: [rate] })
// @ts-expect-error
createApp({ layers: [busy, signedIn] })
// @ts-expect-error
createApp({ layers: [safe] })
// @ts-expect-error without `needs` there is no user
rateLimit({ limits, policies: [{ name: "a", limit: 1, window: "1s" }], by: (ctx) => ctx.user.id })

const audit = openAudit("memory:")
void audit.append({ action: "a", actor: { type: "user", id: "1" } })
// @ts-expect-error nothing is done by nobody
void audit.append({ action: "a" })
// @ts-expect-error an outcome is one of three words
void audit.append({ action: "a", actor: { type: "user", id: "1" }, outcome: "maybe" })

text().pii("contact", { onErase: "keep" })
// @ts-expect-error no such kind of personal data
text().pii("nothing")
