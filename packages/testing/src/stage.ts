import type { Service, ServiceDefinition, Services } from "@ashlar/core"
import type { App, AppVariant, Server } from "@ashlar/http"
import { TestMisused } from "./errors.ts"
import { HeldTime } from "./held-time.ts"
import { TestServices } from "./test-services.ts"

/** An app of any layers. */
export type AnyApp = Pick<App, "services" | "url" | "table"> & { variant(options: AppVariant): unknown }

interface Served {
  readonly app: App
  readonly services: Services
  server: Promise<Server> | undefined
}

/** The app as a test serves it, for all clients of that test: made at the first request, and anew when services change. */
export class Stage {
  readonly app: AnyApp
  readonly time: HeldTime
  /** What the app reported since this was last emptied. */
  readonly causes: unknown[]
  readonly #services: TestServices
  #served: Served | undefined
  #isClosed: boolean

  constructor(app: AnyApp) {
    this.app = app
    this.time = new HeldTime()
    this.causes = []
    this.#services = new TestServices(app.services)
    this.#served = undefined
    this.#isClosed = false
  }

  /** @throws {TESTING_MISUSED} after {@link close}. */
  serve(): Served {
    if (this.#isClosed) throw new TestMisused("This test app is closed. Make another one for the next test.")
    if (this.#served !== undefined) return this.#served
    const services = this.#services.open()
    const onError = (error: unknown): unknown => this.causes.push(error)
    const app = this.app.variant({ services, onError, checkResponses: true }) as App
    this.#served = { app, services, server: undefined }
    return this.#served
  }
  /** Where it listens: on a free port, once somebody asks. */
  async listen(): Promise<string> {
    const served = this.serve()
    served.server ??= served.app.listen({ port: 0 })
    return (await served.server).url
  }

  async override<T>(service: Service<T>, definition: ServiceDefinition<T>): Promise<() => Promise<void>> {
    const restore = this.#services.replace(service, definition)
    await this.#unserve()
    return async () => {
      restore()
      await this.#unserve()
    }
  }

  async close(): Promise<void> {
    this.time.release()
    await this.#unserve()
    this.#isClosed = true
  }

  async #unserve(): Promise<void> {
    const served = this.#served
    this.#served = undefined
    await served?.app.stop(1000)
    await this.#services.close()
  }
}
