import { type DriverUrl, parseDriverUrl } from "./driver-url.ts"
import {
  DriverDuplicate,
  DriverGuaranteeMissing,
  DriverOptionInvalid,
  DriverPackageMissing,
  DriverUnknown,
} from "./errors.ts"
import { didYouMean } from "./nearest.ts"
import { isSecretSchema } from "./secret.ts"
import type { StandardOutput, StandardSchemaV1 } from "./standard-schema.ts"
import { readText } from "./text-value.ts"

/** What a driver promises, as data: `{ crossProcess: true, ttl: true, maxPayloadBytes: 1_048_576 }`. */
export type Guarantees = Readonly<Record<string, boolean | number>>

/** Schemas by option name. A URL gives text, so each is offered the text first and then the JSON value it spells. */
export type DriverOptions = Readonly<Record<string, StandardSchemaV1>>

/** The options as the driver gets them: validated, with the schemas' defaults. */
export type DriverOptionValues<O extends DriverOptions> = { readonly [K in keyof O]: StandardOutput<O[K]> } & {}

/** What the module behind a driver exports. */
export interface DriverModule<T, O extends DriverOptions> {
  open(url: DriverUrl, options: DriverOptionValues<O>): T | Promise<T>
}

/** A backend behind one or more URL schemes. */
export interface DriverDefinition<T, O extends DriverOptions> {
  /** Lower case, without the colon. The first is the one that messages name. */
  readonly schemes: readonly [string, ...string[]]
  /** Every option the URL may carry; no other is accepted. */
  readonly options: O
  readonly guarantees: Guarantees
  /** The optional package `load` needs, as the install command takes it: `"ioredis@5.8.0"`. */
  readonly package?: string
  /** Imports the code. Called when the first URL asks for it, so a driver that nobody uses costs nothing. */
  load(): Promise<DriverModule<T, O>>
}

/** A driver, ready to be registered. What its options are is known to itself alone. */
export interface Driver<T> {
  readonly schemes: readonly [string, ...string[]]
  readonly guarantees: Guarantees
  readonly optionNames: readonly string[]
  readonly open: (url: DriverUrl) => Promise<T>
}

/** The drivers of one capability. */
export interface Drivers<T> {
  /** "cache", "queue" … For messages. */
  readonly capability: string
  readonly schemes: readonly string[]
  /**
   * What the driver behind a URL promises. Opens and loads nothing.
   *
   * @throws {CORE_DRIVER_URL_INVALID} {CORE_DRIVER_UNKNOWN}
   */
  guarantees(url: string): Guarantees
  /**
   * Refuses a URL whose driver does not promise what a feature needs: `true` must be promised, a number is a least value.
   *
   * @param feature Who needs it, for the message.
   * @throws {CORE_DRIVER_GUARANTEE_MISSING} naming the drivers that would do. {CORE_DRIVER_URL_INVALID} {CORE_DRIVER_UNKNOWN}
   */
  require(url: string, needs: Guarantees, feature: string): void
  /**
   * Loads the driver and opens the backend.
   *
   * @throws {CORE_DRIVER_URL_INVALID} when the URL does not read.
   * @throws {CORE_DRIVER_UNKNOWN} when no driver has its scheme.
   * @throws {CORE_DRIVER_OPTION_INVALID} when an option is unknown or does not fit.
   * @throws {CORE_DRIVER_PACKAGE_MISSING} when the driver's optional package is not installed.
   * @throws whatever the driver throws while it opens.
   */
  open(url: string): Promise<T>
}

/**
 * Defines a driver.
 *
 * @example
 * export const redisDriver = defineDriver<CacheStore>()({
 *   schemes: ["redis", "valkey"],
 *   options: { commandTimeoutMs: v.integer().min(1).default(2_000) },
 *   guarantees: { crossProcess: true, ttl: true },
 *   package: "ioredis@5.8.0",
 *   load: () => import("./drivers/redis.ts"),
 * })
 */
export function defineDriver<T>(): <O extends DriverOptions>(definition: DriverDefinition<T, O>) => Driver<T> {
  // Two calls, because T is given and O is inferred, and TypeScript does both or neither in one.
  return <O extends DriverOptions>(definition: DriverDefinition<T, O>): Driver<T> => {
    const { schemes, guarantees, options } = definition
    return Object.freeze({
      schemes,
      guarantees,
      optionNames: Object.keys(options),
      async open(url: DriverUrl) {
        const values = await readOptions(url, options)
        const module = await load(definition)
        return await module.open(url, values)
      },
    })
  }
}

async function readOptions<O extends DriverOptions>(url: DriverUrl, schemas: O): Promise<DriverOptionValues<O>> {
  for (const name of url.options.keys()) {
    if (!Object.hasOwn(schemas, name))
      throw new DriverOptionInvalid(`Unknown option "${name}" in ${url}. ${didYouMean(name, Object.keys(schemas))}`)
  }
  const values: Record<string, unknown> = {}
  for (const [name, schema] of Object.entries(schemas)) {
    const result = await readText(schema, url.options.get(name))
    if (result.issues) {
      const why = isSecretSchema(schema)
        ? "its value is not valid (not shown, it is a secret)"
        : result.issues[0]?.message
      throw new DriverOptionInvalid(
        `Option "${name}" in ${isSecretSchema(schema) ? `a ${url.scheme}: URL` : url}: ${why}`,
      )
    }
    if (result.value !== undefined) values[name] = result.value
  }
  return values as DriverOptionValues<O>
}

async function load<T, O extends DriverOptions>(definition: DriverDefinition<T, O>): Promise<DriverModule<T, O>> {
  try {
    return await definition.load()
  } catch (error) {
    const { package: name, schemes } = definition
    if (name === undefined || !isMissingPackage(error, name)) throw error
    throw new DriverPackageMissing(
      `The ${schemes[0]}: driver needs the package ${packageName(name)}, which is not installed. Run: ${installCommand(name)}`,
      { cause: error },
    )
  }
}

/** `name@version` without the version; the name may start with the @ of a scope. */
function packageName(specifier: string): string {
  const at = specifier.indexOf("@", 1)
  return at < 0 ? specifier : specifier.slice(0, at)
}

function isMissingPackage(error: unknown, specifier: string): boolean {
  if (typeof error !== "object" || error === null) return false
  const { code, message } = error as { code?: unknown; message?: unknown }
  const missing = code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND"
  return missing && typeof message === "string" && message.includes(packageName(specifier))
}

function installCommand(specifier: string): string {
  if ("Bun" in globalThis) return `bun add ${specifier}`
  return "Deno" in globalThis ? `deno add npm:${specifier}` : `npm install ${specifier}`
}

/**
 * Puts the drivers of one capability behind one `open`.
 *
 * @throws {CORE_DRIVER_DUPLICATE} when two of them claim one scheme.
 * @example
 * const caches = createDrivers("cache", [memoryDriver, redisDriver])
 * caches.require(url, { crossProcess: true }, "the rate limit")
 * const cache = await caches.open(url)
 */
export function createDrivers<T>(capability: string, drivers: readonly Driver<T>[]): Drivers<T> {
  const byScheme = new Map<string, Driver<T>>()
  for (const driver of drivers) {
    for (const scheme of driver.schemes) {
      if (byScheme.has(scheme)) throw new DriverDuplicate(`Two ${capability} drivers claim the scheme "${scheme}:".`)
      byScheme.set(scheme, driver)
    }
  }

  function find(text: string): { url: DriverUrl; driver: Driver<T> } {
    const url = parseDriverUrl(text)
    const driver = byScheme.get(url.scheme)
    if (!driver)
      throw new DriverUnknown(
        `No ${capability} driver for "${url.scheme}:". ${didYouMean(url.scheme, byScheme.keys())}`,
      )
    return { url, driver }
  }

  return {
    capability,
    schemes: [...byScheme.keys()],
    guarantees: (url) => find(url).driver.guarantees,
    require(text, needs, feature) {
      const { url, driver } = find(text)
      for (const [name, need] of Object.entries(needs)) {
        if (promises(driver, name, need)) continue
        const others = drivers.filter((other) => promises(other, name, need)).map((other) => `${other.schemes[0]}:`)
        const advice =
          others.length > 0 ? `Use one of: ${others.join(", ")}.` : `No ${capability} driver here promises it.`
        const what = need === true ? name : `${name} of at least ${need}`
        throw new DriverGuaranteeMissing(`${feature} needs ${what}, which ${url.scheme}: does not promise. ${advice}`)
      }
    },
    async open(text) {
      const { url, driver } = find(text)
      return await driver.open(url)
    },
  }
}

function promises(driver: Driver<unknown>, name: string, need: boolean | number): boolean {
  const given = Object.hasOwn(driver.guarantees, name) ? driver.guarantees[name] : undefined
  if (need === false) return true
  return need === true ? given === true : typeof given === "number" && given >= need
}
