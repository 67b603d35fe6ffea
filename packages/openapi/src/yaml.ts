import { isObject } from "./json.ts"

/** A scalar that YAML 1.1 and 1.2 read as the text that it is, without quotes. */
const PLAIN = /^[A-Za-z_/$][\w $/.{}()+-]*$/
/** What looks plain and means something else to one of the two. */
const MEANS_MORE = /^(?:y|n|yes|no|on|off|true|false|null|nan|inf)$/i

/**
 * JSON as YAML 1.2, in blocks. Texts are quoted as JSON quotes them wherever a reader might take them for something else.
 * @see https://yaml.org/spec/1.2.2/
 */
export function toYaml(value: unknown): string {
  // What JSON leaves out, such as undefined members, is left out here.
  return `${block(JSON.parse(JSON.stringify(value)) as unknown, 0).trimStart()}\n`
}

function block(value: unknown, depth: number): string {
  const indent = `\n${"  ".repeat(depth)}`
  if (Array.isArray(value) && value.length > 0)
    return value.map((one) => `${indent}- ${block(one, depth + 1).trimStart()}`).join("")
  if (isObject(value) && Object.keys(value).length > 0)
    return Object.entries(value)
      .map(([key, one]) => `${indent}${scalar(key)}:${member(one, depth)}`)
      .join("")
  return scalar(value)
}

function member(value: unknown, depth: number): string {
  const isBlock = typeof value === "object" && value !== null && Object.keys(value).length > 0
  return isBlock ? block(value, depth + 1) : ` ${scalar(value)}`
}

function scalar(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value)
  const isPlain = PLAIN.test(value) && !MEANS_MORE.test(value) && !value.endsWith(" ")
  return isPlain ? value : quoted(value)
}

/** YAML reads these as breaks or refuses them where JSON has them bare. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
  })
}
