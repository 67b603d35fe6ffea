import { isNamed, SNIFF_BYTES, sniffType } from "@ashlar/core/files"
import { count } from "./bound.ts"
import { type Blueprint, blueprint, SchemaBuilder } from "./builder.ts"
import { SchemaInvalid } from "./errors.ts"
import type { AsyncFileSchema, FileLike, FileSchema, ImageRules } from "./file-schema.ts"
import { IMAGE_HEAD_BYTES, type ImageSize, readImageSize } from "./image-size.ts"
import type { Message, Report } from "./issue.ts"
import type { JsonSchema } from "./json-schema.ts"
import { type Check, createNode } from "./node.ts"
import { isObject } from "./own-fields.ts"
import { kindOf, listed, quantity, quoted, term, verbatim } from "./term.ts"

const A_FILE = term("file")
const AN_IMAGE = term("image")

function isFile(value: unknown): value is FileLike {
  return value instanceof Blob || (isObject(value) && value.bytes instanceof Uint8Array)
}

const node = createNode({
  expected: A_FILE,
  check: (value, run) => (isFile(value) ? value : run.expect("type", A_FILE, kindOf(value))),
  fits: isFile,
  toJson: () => ({ type: "string", format: "binary" }),
})

class FileBuilder extends SchemaBuilder<FileLike> implements FileSchema {
  minBytes(bytes: number, message?: Message): this {
    const least = count("minBytes", bytes)
    const expected = term("atLeast", { amount: quantity("byte", least) })
    const fits = (value: unknown): boolean => sizeOf(value as FileLike) >= least
    const check: Check = (value, run) =>
      fits(value) ? value : run.expect("too_small", expected, quantity("byte", sizeOf(value as FileLike)))
    return this.step({ check, fits, json: { minLength: least } }, message)
  }

  maxBytes(bytes: number, message?: Message): this {
    const most = count("maxBytes", bytes)
    const expected = term("atMost", { amount: quantity("byte", most) })
    const fits = (value: unknown): boolean => sizeOf(value as FileLike) <= most
    const check: Check = (value, run) =>
      fits(value) ? value : run.expect("too_big", expected, quantity("byte", sizeOf(value as FileLike)))
    return this.step({ check, fits, json: { maxLength: most } }, message)
  }

  extensions(endings: readonly string[], message?: Message): this {
    const known = someOf("extensions", endings).map((ending) => ending.toLowerCase())
    const expected = term("fileName", { list: listed(known) })
    const fits = (value: unknown): boolean => {
      const name = nameOf(value as FileLike)?.toLowerCase()
      return name !== undefined && known.some((ending) => name.length > ending.length && name.endsWith(ending))
    }
    const check: Check = (value, run) => {
      if (fits(value)) return value
      const name = nameOf(value as FileLike)
      return run.expect("format", expected, name === undefined ? kindOf(undefined) : verbatim(quoted(name)))
    }
    return this.step({ check, fits }, message)
  }

  types(types: readonly string[], message?: Message): AsyncFileSchema & this {
    const known = someOf("types", types).map((type) => type.toLowerCase())
    const expected = term("fileType", { list: listed(known) })
    const ask = async (file: FileLike): Promise<Report | undefined> => {
      const type = sniffType(await headOf(file, SNIFF_BYTES))
      return isNamed(type, known) ? undefined : { code: "format", expected, received: verbatim(type), message }
    }
    return this.#content(ask, known.length === 1 && !known[0]!.endsWith("*") ? { contentMediaType: known[0] } : {})
  }

  image(rules: ImageRules = {}): AsyncFileSchema & this {
    const { message, ...bounds } = rules
    for (const [name, bound] of Object.entries(bounds)) count(name, bound)
    return this.#content(async (file) => {
      const head = await headOf(file, IMAGE_HEAD_BYTES)
      const size = readImageSize(head)
      if (size !== undefined) return outside(size, rules)
      const received = verbatim(sniffType(head))
      return { code: "format", expected: AN_IMAGE, received, message }
    }, {})
  }

  protected override rebuild(plan: Blueprint): this {
    return new FileBuilder(plan) as this
  }

  #content(ask: (file: FileLike) => Promise<Report | undefined>, json: JsonSchema): AsyncFileSchema & this {
    const check: Check = (value, run) => {
      run.defer(() => ask(value as FileLike))
      return value
    }
    return this.step({ check, json, isAsync: true }) as unknown as AsyncFileSchema & this
  }
}

/** What is wrong with an image's size, if anything is. */
function outside({ width, height }: ImageSize, rules: ImageRules): Report | undefined {
  const { minWidth, maxWidth, minHeight, maxHeight, message } = rules
  return (
    side("width", width, { min: minWidth, max: maxWidth, message }) ??
    side("height", height, { min: minHeight, max: maxHeight, message })
  )
}

function side(
  key: "width" | "height",
  size: number,
  { min = 0, max = Number.POSITIVE_INFINITY, message }: SideRule,
): Report | undefined {
  if (size >= min && size <= max) return undefined
  const [code, bound] = size < min ? (["too_small", "atLeast"] as const) : (["too_big", "atMost"] as const)
  const amount = term(bound, { amount: quantity("pixel", size < min ? min : max) })
  return { code, expected: term(key, { amount }), received: quantity("pixel", size), message }
}

interface SideRule {
  readonly min: number | undefined
  readonly max: number | undefined
  readonly message: Message | undefined
}

function sizeOf(file: FileLike): number {
  return file instanceof Blob ? file.size : file.bytes.byteLength
}

/** The sender's name for it, where there is one. */
function nameOf(file: FileLike): string | undefined {
  if (file instanceof Blob) return "name" in file && typeof file.name === "string" ? file.name : undefined
  return file.originalName ?? file.name
}

async function headOf(file: FileLike, bytes: number): Promise<Uint8Array> {
  return file instanceof Blob ? new Uint8Array(await file.slice(0, bytes).arrayBuffer()) : file.bytes.subarray(0, bytes)
}

function someOf(method: string, values: readonly string[]): readonly string[] {
  if (values.length > 0 && values.every((value) => value !== "")) return values
  throw new SchemaInvalid(`Expected ${method}() to be given at least one text and no empty one.`)
}

export function file(): FileSchema {
  return new FileBuilder(blueprint(node))
}
