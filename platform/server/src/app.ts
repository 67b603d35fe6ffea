import { type App, createApp, createRequestIds } from "@ashlar/http"
import { openapi } from "@ashlar/openapi"
import { apiDocument } from "./api-document.ts"
import { openToBrowsers, plainAnswers } from "./layers/browsers.ts"
import { createCallerLayer } from "./layers/caller.ts"
import { createEntries } from "./layers/entry.ts"
import type { IdempotencyLayer } from "./layers/idempotency.ts"
import { observe } from "./layers/observe.ts"
import { limits } from "./limits.ts"
import type { Platform } from "./platform.ts"
import { addAppFactorRoutes } from "./routes/app-factors.ts"
import { addAppMailRoutes } from "./routes/app-mail.ts"
import { addAppOAuthRoutes } from "./routes/app-oauth.ts"
import { addAppUserRoutes } from "./routes/app-users.ts"
import { addCollectionRoutes } from "./routes/collections.ts"
import { addConsoleRoutes } from "./routes/console.ts"
import { addDeviceRoutes } from "./routes/devices.ts"
import { addDocumentRoutes } from "./routes/documents.ts"
import { addFactorRoutes } from "./routes/factors.ts"
import { addFunctionRoutes } from "./routes/functions.ts"
import { addInvokeRoutes } from "./routes/invoke.ts"
import { addKmsRoutes } from "./routes/kms.ts"
import { addOrganizationRoutes } from "./routes/organizations.ts"
import { addPeopleRoutes } from "./routes/people.ts"
import { addPeopleMailRoutes } from "./routes/people-mail.ts"
import { addPeopleOAuthRoutes } from "./routes/people-oauth.ts"
import { addProjectRoutes } from "./routes/projects.ts"
import { addSecretRoutes } from "./routes/secrets.ts"
import { addServiceRoutes } from "./routes/service.ts"

export interface PlatformAppOptions {
  readonly idempotency: IdempotencyLayer
  /** The console's built files; without it, `/` answers 404. */
  readonly consoleFolder: string | undefined
  /** Check answers against their schemas: for tests. */
  readonly checkResponses: boolean
}

/** The platform's API and console as one app: what every request passes, then the routes. */
export function createPlatformApp(platform: Platform, options: PlatformAppOptions): App {
  const app = createApp({
    layers: [createRequestIds({ accept: true }), observe(platform.requestMetrics), openToBrowsers, plainAnswers],
    maxBodyBytes: limits.maxBodyBytes,
    checkResponses: options.checkResponses,
    development: false,
    onError: (error, ctx) => {
      platform.log.error("request failed", error, { request: ctx.id, method: ctx.method, path: ctx.path })
    },
  })
  const caller = createCallerLayer(platform)
  const entries = createEntries(platform, caller)

  app.scope("/", [caller, options.idempotency], (api) => {
    addServiceRoutes(api, platform, entries)
    addPeopleRoutes(api, platform, entries)
    addPeopleMailRoutes(api, platform, entries)
    addPeopleOAuthRoutes(api, platform, entries)
    addFactorRoutes(api, platform, entries)
    addDeviceRoutes(api, platform, entries)
    addOrganizationRoutes(api, platform, entries)
    addProjectRoutes(api, platform, entries)
    addAppUserRoutes(api, platform, entries)
    addAppMailRoutes(api, platform, entries)
    addAppOAuthRoutes(api, platform, entries)
    addAppFactorRoutes(api, platform, entries)
    addCollectionRoutes(api, platform, entries)
    addDocumentRoutes(api, platform, entries)
    addFunctionRoutes(api, platform, entries)
    addInvokeRoutes(api, platform, entries)
    addKmsRoutes(api, platform, entries)
    addSecretRoutes(api, platform, entries)
  })
  openapi(app, { ...apiDocument(platform.version), layers: [entries.open] })
  addConsoleRoutes(app, options.consoleFolder, entries)
  return app
}
