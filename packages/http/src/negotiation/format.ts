import { FormatPackageMissing } from "../errors.ts"
import { toJson } from "../reply/reply.ts"
import { toXml, type XmlOptions } from "./xml.ts"
import { toYaml, type YamlPackage } from "./yaml.ts"

/** Turns a handler's value into a body. */
export type Format = (value: unknown) => string | Uint8Array | Promise<string | Uint8Array>

/** A value as plain data: what its JSON would say, nothing of its class. */
function plain(value: unknown): unknown {
  return JSON.parse(toJson(value)) as unknown
}

interface XmlPackage {
  readonly XMLBuilder: new (options: object) => { build(value: unknown): string }
}

/** XML by `fast-xml-parser`, which is loaded when the first answer needs it. */
export function xmlFormat(options: XmlOptions): Format {
  let loaded: XmlPackage | undefined
  return async (value) => {
    loaded ??= await load<XmlPackage>("fast-xml-parser", () => import("fast-xml-parser"))
    return toXml(loaded.XMLBuilder, plain(value), options)
  }
}

/** YAML by `yaml`, which is loaded when the first answer needs it. */
export function yamlFormat(): Format {
  let loaded: YamlPackage | undefined
  return async (value) => {
    loaded ??= await load<YamlPackage>("yaml", () => import("yaml"))
    return toYaml(loaded, plain(value))
  }
}

/** For people: a text as it is, anything else as JSON in lines. */
export const textFormat: Format = (value) => {
  const data = plain(value)
  return typeof data === "object" && data !== null ? `${JSON.stringify(data, null, 2)}\n` : String(data)
}

async function load<T>(name: string, from: () => Promise<unknown>): Promise<T> {
  try {
    return (await from()) as T
  } catch (cause) {
    throw new FormatPackageMissing(`The package ${name} is not installed. Run: npm install ${name}`, { cause })
  }
}
