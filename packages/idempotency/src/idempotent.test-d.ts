import { expectTypeOf } from "bun:test"
import { createApp, layer } from "@ashlar/http"
import { idempotent, openIdempotency } from "./index.ts"

const store = openIdempotency("memory:")
const signedIn = layer({ name: "signedIn", before: () => ({ user: { id: 7 } }) })

// What the layers before it provide, `scope` sees; without them it does not.
const once = idempotent({
  store,
  needs: [signedIn],
  scope: (ctx) => {
    expectTypeOf(ctx.user.id).toEqualTypeOf<number>()
    return ctx.user.id
  },
})
// @ts-expect-error nobody provides a user
idempotent({ store, scope: (ctx) => ctx.user.id })
// @ts-expect-error whose key it is must be said
idempotent({ store })

const app = createApp()
app.post("/a", { layers: [signedIn, once] }, () => "done")
// @ts-expect-error the layer that it needs is not there
app.post("/b", { layers: [once] }, () => "done")
