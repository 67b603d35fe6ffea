import type { App } from "@ashlar/http"
import { createConduitApp } from "../src/app.ts"
import { createSecret } from "../src/tokens.ts"

/** What the platform gives a function. */
interface FunctionContext {
  readonly env: Readonly<Record<string, string | undefined>>
}

let app: App | undefined

/** The whole backend as a function of the platform, where there are no files and no sockets: what it keeps, it keeps in memory. */
export default {
  fetch(request: Request, { env }: FunctionContext): Promise<Response> {
    app ??= createConduitApp({ databaseUrl: "sqlite::memory:", secret: env.JWT_SECRET ?? createSecret() })
    return app.fetch(request)
  },
}
