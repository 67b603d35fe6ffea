import { defineService, type Service, type Services } from "@ashlar/core"
import type { Bus } from "./bus.ts"
import type { BusDriver, BusGuarantees } from "./bus-driver.ts"
import type { BusOptions } from "./bus-options.ts"
import { busDrivers } from "./drivers.ts"
import { LiveBus } from "./live-bus.ts"

/**
 * Opens a bus: `memory:` within this process, `redis://…`, `nats://…`, `amqp://…`, `kafka://…`, `sqlite:path`, `postgres://…` or
 * `mysql://…`. It is connected to at the first use, or by `ready()`. `kafka:` was tested against a fake broker of our own only.
 *
 * @param url A driver of your own is taken as well; the bus closes it.
 * @throws {CORE_DRIVER_URL_INVALID} {CORE_DRIVER_UNKNOWN} {CORE_DRIVER_GUARANTEE_MISSING} {EVENTS_OPTION_INVALID}
 * @example
 * const bus = openBus("redis://localhost")
 * await bus.subscribe({ group: "billing" }, on(OrderPlaced, ({ id }) => charge(id)))
 * await bus.publish(OrderPlaced, { id: "7", total: 12 })
 */
export function openBus(url: string | BusDriver, options: BusOptions = {}): Bus {
  if (typeof url !== "string") return new LiveBus(async () => url, options)
  busDrivers.require(url, options.needs ?? {}, "The bus") // a mistake in it should not wait
  return new LiveBus(async (settings) => (await busDrivers.open(url))(settings), options)
}

/** What a bus behind a URL promises, as data. Opens nothing. @throws {CORE_DRIVER_URL_INVALID} {CORE_DRIVER_UNKNOWN} */
export function busGuarantees(url: string): BusGuarantees {
  return busDrivers.guarantees(url) as BusGuarantees
}

/**
 * A bus as a service of an app: opened when it is first asked for; drained while the app's last requests end, closed with it.
 *
 * @example
 * export const AppBus = defineBus(() => process.env.BUS_URL ?? "memory:")
 * const bus = await ctx.use(AppBus)
 */
export function defineBus(
  url: (services: Services) => string | Promise<string>,
  { serviceName = "bus", ...options }: BusOptions & { readonly serviceName?: string } = {},
): Service<Bus> {
  return defineService<Bus>({
    name: serviceName,
    async open(services) {
      const bus = openBus(await url(services), options)
      await bus.ready()
      return bus
    },
    drain: (bus) => bus.drain(),
    close: (bus) => bus.close(),
    health: (bus) => bus.health(),
  })
}
