import { SNIFF_BYTES, sniffType } from "@ashlar/core/files"
import type { Sharp } from "sharp"
import { toPieces } from "../body.ts"
import {
  ImageInvalid,
  ImagePackageMissing,
  ImageTimeout,
  ImageTooLarge,
  ImageTypeRefused,
  StorageOptionInvalid,
} from "../errors.ts"
import { checkWhole } from "../options.ts"
import type { Body } from "../storage.ts"
import { Turns } from "./turns.ts"

/** Bounds of what is worked on. A few kilobytes can say that they are a picture of gigabytes. */
export interface ImageLimits {
  /** Default 20 MiB. */
  readonly maxInputBytes?: number
  /** Of all pages together, as the image says before it is unpacked. Default 50,000,000: what a camera makes. */
  readonly maxPixels?: number
  /** Frames of an animation, or pages. Of an image with more nothing is made. Default 1. */
  readonly maxPages?: number
  /** How long work on one image may take, its turn not counted. Default 10,000 ms. */
  readonly timeoutMs?: number
  /** Types that are taken, as the content shows them. Default JPEG, PNG, WebP, GIF and AVIF. SVG is a program, and never taken. */
  readonly types?: readonly string[]
  /** Images that are worked on at once. Default 2. */
  readonly atOnce?: number
  /** Images that may wait for their turn. Default 32. */
  readonly maxWaiting?: number
}

/** What is made of an image. */
export interface ImageOptions {
  /** In pixels, 1 to 10,000. With one of the two the other follows. An image is never made larger. */
  readonly width?: number
  readonly height?: number
  /** With both: `inside` (default) fits all of it in, `cover` fills it and cuts what is over, `contain` adds margins. */
  readonly fit?: "inside" | "cover" | "contain"
  /** Default: as it comes; a GIF of one frame becomes a PNG. */
  readonly format?: "jpeg" | "png" | "webp" | "avif"
  /** 1 to 100. Default 80; AVIF 50. */
  readonly quality?: number
  /** Behind what is transparent, where the format knows no transparency. Default white. */
  readonly background?: string
}

/** What an image says of itself. */
export interface ImageFacts {
  readonly contentType: string
  /** As it is to be seen: turned as its camera was. */
  readonly width: number
  readonly height: number
  readonly pages: number
}

export interface MadeImage extends ImageFacts {
  readonly bytes: Uint8Array
  /** With its dot. */
  readonly extension: string
}

export interface Images {
  /**
   * What an image is, without unpacking it.
   * @throws {STORAGE_IMAGE_INVALID} {STORAGE_IMAGE_TYPE_REFUSED} {STORAGE_IMAGE_TOO_LARGE} {STORAGE_IMAGES_BUSY}
   */
  inspect(body: Body): Promise<ImageFacts>
  /**
   * Makes an image anew: turned upright, without what its camera, its editor and its owner left in it (place, names, thumbnails).
   * @throws as `inspect`. {STORAGE_IMAGE_TIMEOUT} {STORAGE_OPTION_INVALID}
   */
  make(body: Body, options?: ImageOptions): Promise<MadeImage>
  /** Several of one, by name; the image is read once. @throws as `make`. */
  makeAll<N extends string>(
    body: Body,
    variants: Readonly<Record<N, ImageOptions>>,
  ): Promise<Readonly<Record<N, MadeImage>>>
}

const DEFAULT_TYPES = ["image/jpeg", "image/png", "image/webp", "image/gif", "image/avif"]
/** What sharp calls what content shows. */
const FORMATS: Readonly<Record<string, string>> = {
  "image/jpeg": "jpeg",
  "image/png": "png",
  "image/webp": "webp",
  "image/gif": "gif",
  "image/avif": "heif",
  "image/tiff": "tiff",
}
const MAX_SIDE = 10_000
const MiB = 1024 * 1024

type SharpModule = typeof import("sharp")["default"]

/**
 * Works on images, within bounds. Needs the package `sharp`.
 *
 * @throws {STORAGE_OPTION_INVALID}
 * @example
 * const images = createImages()
 * const { thumb, full } = await images.makeAll(file.bytes, {
 *   thumb: { width: 200, height: 200, fit: "cover", format: "webp" },
 *   full: { width: 2_000, format: "webp" },
 * })
 * await storage.put(`${id}/thumb.webp`, thumb.bytes)
 */
export function createImages(limits: ImageLimits = {}): Images {
  const full = fill(limits)
  const turns = new Turns(full.atOnce, full.maxWaiting)
  const withImage = <T>(body: Body, work: (opened: OpenedImage) => Promise<T>): Promise<T> =>
    turns.take(async () => {
      const sharp = await load()
      const bytes = await readBytes(body, full.maxInputBytes)
      return await within(full.timeoutMs, async () => await work(await openImage(sharp, bytes, full)))
    })
  return {
    inspect: (body) => withImage(body, async ({ facts }) => facts),
    async make(body, options = {}) {
      checkImage(options)
      return await withImage(body, (opened) => makeOne(opened, options))
    },
    async makeAll<N extends string>(body: Body, variants: Readonly<Record<N, ImageOptions>>) {
      const entries = Object.entries(variants) as [N, ImageOptions][]
      for (const [, options] of entries) checkImage(options)
      return await withImage(body, async (opened) => {
        const made: [N, MadeImage][] = []
        for (const [name, options] of entries) made.push([name, await makeOne(opened, options)])
        return Object.fromEntries(made) as Record<N, MadeImage>
      })
    },
  }
}

type FullLimits = Required<ImageLimits>

function fill(limits: ImageLimits): FullLimits {
  const full = {
    maxInputBytes: 20 * MiB,
    maxPixels: 50_000_000,
    maxPages: 1,
    timeoutMs: 10_000,
    types: DEFAULT_TYPES,
    atOnce: 2,
    maxWaiting: 32,
    ...limits,
  }
  checkWhole("maxInputBytes", full.maxInputBytes, 1, 1024 * MiB)
  checkWhole("maxPixels", full.maxPixels, 1, 1_000_000_000)
  checkWhole("maxPages", full.maxPages, 1, 10_000)
  checkWhole("timeoutMs", full.timeoutMs, 1, 600_000)
  checkWhole("atOnce", full.atOnce, 1, 64)
  checkWhole("maxWaiting", full.maxWaiting, 0, 10_000)
  const unknown = full.types.find((type) => !Object.hasOwn(FORMATS, type))
  if (unknown !== undefined)
    throw new StorageOptionInvalid(
      `Expected \`types\` among ${Object.keys(FORMATS).join(", ")}, got ${JSON.stringify(unknown)}.`,
    )
  return full
}

function checkImage({
  width,
  height,
  fit = "inside",
  format = "png",
  quality,
  background = "white",
}: ImageOptions): void {
  checkWhole("width", width, 1, MAX_SIDE)
  checkWhole("height", height, 1, MAX_SIDE)
  checkWhole("quality", quality, 1, 100)
  if (!["inside", "cover", "contain"].includes(fit) || !["jpeg", "png", "webp", "avif"].includes(format))
    throw new StorageOptionInvalid(
      "Expected `fit` of inside, cover or contain, and `format` of jpeg, png, webp or avif.",
    )
  if (!/^(?:#[0-9a-fA-F]{6}|[a-z]{3,20})$/.test(background))
    throw new StorageOptionInvalid("Expected `background` to be a color, as #ffffff or white.")
}

async function load(): Promise<SharpModule> {
  try {
    return (await import("sharp")).default
  } catch (cause) {
    throw new ImagePackageMissing(undefined, { cause })
  }
}

async function readBytes(body: Body, maxInputBytes: number): Promise<Uint8Array> {
  const { chunks, sizeBytes } = toPieces(body)
  const tooLarge = (): Error =>
    new ImageTooLarge(`Expected an image of at most ${maxInputBytes} bytes.`, { details: { maxInputBytes } })
  if (sizeBytes !== undefined && sizeBytes > maxInputBytes) throw tooLarge()
  const pieces: Uint8Array[] = []
  let read = 0
  for await (const chunk of chunks) {
    read += chunk.length
    if (read > maxInputBytes) throw tooLarge()
    pieces.push(chunk.slice())
  }
  return Buffer.concat(pieces)
}

interface OpenedImage {
  readonly facts: ImageFacts
  readonly format: string
  /** A new pipeline each time, of the first page or of all. */
  readonly start: (allPages: boolean) => Sharp
}

async function openImage(sharp: SharpModule, bytes: Uint8Array, limits: FullLimits): Promise<OpenedImage> {
  const { types, maxPixels, maxPages, timeoutMs } = limits
  const contentType = sniffType(bytes.subarray(0, SNIFF_BYTES))
  if (!types.includes(contentType))
    throw new ImageTypeRefused(`Expected an image of ${types.join(", ")}, got ${contentType}.`, { details: { types } })
  const options = {
    limitInputPixels: maxPixels,
    failOn: "error",
    sequentialRead: true,
  } as const
  const found = await sharp(bytes, { ...options, animated: true, limitInputPixels: false })
    .metadata()
    .catch((cause: unknown) => {
      throw new ImageInvalid(undefined, { cause })
    })
  const { pages = 1, pageHeight = found.height } = found
  if (found.format !== FORMATS[contentType]) throw new ImageInvalid("The image is of another type than it begins as.")
  if (pages > maxPages)
    throw new ImageTooLarge(`Expected an image of at most ${maxPages} pages, got ${pages}.`, { details: { maxPages } })
  if (found.width * pageHeight * pages > maxPixels)
    throw new ImageTooLarge(`Expected an image of at most ${maxPixels} pixels.`, { details: { maxPixels } })
  // From 5 on the camera stood on its side.
  const isTurned = (found.orientation ?? 1) >= 5
  const [width, height] = isTurned ? [pageHeight, found.width] : [found.width, pageHeight]
  return {
    facts: { contentType, width, height, pages },
    format: found.format,
    start: (allPages) =>
      sharp(bytes, { ...options, animated: allPages }).timeout({ seconds: Math.ceil(timeoutMs / 1000) }),
  }
}

async function makeOne({ facts, format: from, start }: OpenedImage, options: ImageOptions): Promise<MadeImage> {
  const { width, height, fit = "inside", background = "white" } = options
  const format = options.format ?? (from === "jpeg" || from === "webp" ? from : from === "heif" ? "avif" : "png")
  const pages = format === "webp" ? facts.pages : 1 // no other format here moves
  const pipeline = start(pages > 1).autoOrient()
  if (width !== undefined || height !== undefined)
    pipeline.resize({
      ...(width !== undefined && { width }),
      ...(height !== undefined && { height }),
      fit,
      background,
      withoutEnlargement: true,
    })
  if (format === "jpeg") pipeline.flatten({ background })
  const quality = options.quality ?? (format === "avif" ? 50 : 80)
  const shaped = format === "png" ? pipeline.png() : pipeline.toFormat(format, { quality })
  try {
    const { data, info } = await shaped.toBuffer({ resolveWithObject: true })
    const extension = format === "jpeg" ? ".jpg" : `.${format}`
    return {
      bytes: data,
      contentType: `image/${format}`,
      extension,
      width: info.width,
      height: info.pageHeight ?? info.height / pages,
      pages,
    }
  } catch (cause) {
    if (/timeout/i.test(String(cause))) throw new ImageTimeout(undefined, { cause })
    throw new ImageInvalid(undefined, { cause })
  }
}

/** The work itself ends by sharp's own limit; whoever waits is told in time. */
async function within<T>(timeoutMs: number, work: () => Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    const error = new ImageTimeout(`The image took longer than ${timeoutMs} ms.`, { details: { timeoutMs } })
    timer = setTimeout(() => reject(error), timeoutMs)
  })
  try {
    return await Promise.race([work(), late])
  } finally {
    clearTimeout(timer)
  }
}
