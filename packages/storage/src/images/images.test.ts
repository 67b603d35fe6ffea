import { beforeAll, describe, expect, test } from "bun:test"
import { crc32, deflateSync } from "node:zlib"
import sharp from "sharp"
import { openStorage } from "../open-storage.ts"
import { refused } from "../testing/storage-suite.ts"
import { createImages } from "./index.ts"

const images = createImages()
let photo: Buffer

beforeAll(async () => {
  const left = await sharp({ create: { width: 100, height: 300, channels: 3, background: "#ff0000" } })
    .png()
    .toBuffer()
  photo = await sharp({ create: { width: 400, height: 300, channels: 3, background: "#0000ff" } })
    .composite([{ input: left, left: 0, top: 0 }])
    .withExif({
      IFD0: { Artist: "the owner", Copyright: "somebody" },
      IFD3: { GPSLatitudeRef: "N", GPSLatitude: "48/1 8/1 0/1" },
    })
    .withMetadata({ orientation: 6 })
    .jpeg({ quality: 95 })
    .toBuffer()
})

/** A PNG by hand: so large, of one byte again and again. */
function png(width: number, height: number, scanlines: number): Uint8Array {
  const chunk = (type: string, data: Uint8Array): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data])
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
    length.writeUInt32BE(data.length)
    sum.writeUInt32BE(crc32(body))
    return Buffer.concat([length, body, sum])
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width)
  header.writeUInt32BE(height, 4)
  header.set([8, 6, 0, 0, 0], 8)
  const rows = deflateSync(Buffer.alloc(scanlines), { level: 9 })
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10])
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", rows), chunk("IEND", Buffer.alloc(0))])
}

describe("an image", () => {
  test("is made anew: upright, smaller, and without what was left in it", async () => {
    expect((await sharp(photo).metadata()).exif).toBeDefined()
    expect(await images.inspect(photo)).toEqual({ contentType: "image/jpeg", width: 300, height: 400, pages: 1 })
    const made = await images.make(photo, { width: 150, format: "webp" })
    expect(made).toMatchObject({ contentType: "image/webp", extension: ".webp", width: 150, height: 200, pages: 1 })
    const { exif, icc, xmp, orientation, format } = await sharp(made.bytes).metadata()
    expect([exif, icc, xmp, orientation, format]).toEqual([undefined, undefined, undefined, undefined, "webp"])
    expect(Buffer.from(made.bytes).includes("the owner")).toBe(false)
    // What was on the left of the camera is above now.
    const { data, info } = await sharp(made.bytes).raw().toBuffer({ resolveWithObject: true })
    const at = (x: number, y: number): number => data[(y * info.width + x) * info.channels]!
    expect([at(75, 10) > 200, at(75, 190) < 50]).toEqual([true, true])
  })
  test("is made in several, each of its own, from a stream", async () => {
    const storage = openStorage("memory:")
    await storage.put("photo.jpg", photo)
    const { body } = await storage.stream("photo.jpg")
    const made = await images.makeAll(body, {
      thumb: { width: 64, height: 64, fit: "cover", format: "jpeg", quality: 50 },
      box: { width: 500, height: 500, fit: "contain", format: "png", background: "#00ff00" },
      full: { width: 5_000 },
      small: { height: 40, format: "avif" },
    })
    const shown = Object.entries(made).map(([name, { width, height, contentType }]) => [
      name,
      width,
      height,
      contentType,
    ])
    expect(shown).toEqual([
      ["thumb", 64, 64, "image/jpeg"],
      ["box", 500, 500, "image/png"],
      ["full", 300, 400, "image/jpeg"],
      ["small", 30, 40, "image/avif"],
    ])
    for (const { bytes, contentType } of Object.values(made))
      expect((await images.inspect(bytes)).contentType).toBe(contentType)
    await storage.close()
  })
  test("that is transparent gets a ground where its format has none", async () => {
    const clear = await sharp({ create: { width: 10, height: 10, channels: 4, background: "#00000000" } })
      .png()
      .toBuffer()
    const { data } = await sharp((await images.make(clear, { format: "jpeg", background: "#00ff00" })).bytes)
      .raw()
      .toBuffer({ resolveWithObject: true })
    expect([data[0]! < 10, data[1]! > 245]).toEqual([true, true])
  })
  test("of several frames is one only where they are taken", async () => {
    const frames = await sharp(Buffer.from(new Uint8Array(30 * 30 * 3).map((_, at) => Math.floor(at / 900) * 100)), {
      raw: { width: 30, height: 30, channels: 3, pageHeight: 10 },
    })
      .gif()
      .toBuffer()
    await refused(images.make(frames), { code: "STORAGE_IMAGE_TOO_LARGE", details: { maxPages: 1 } })
    const made = await createImages({ maxPages: 3 }).make(frames, { width: 5, format: "webp" })
    expect(made).toMatchObject({ width: 5, height: 2, pages: 3 })
    await refused(createImages({ maxPages: 3, maxPixels: 299 }).make(frames), { code: "STORAGE_IMAGE_TOO_LARGE" })
  })
})

describe("an attack", () => {
  test("by a few kilobytes that would be gigabytes is seen before they are unpacked", async () => {
    const bomb = png(50_000, 50_000, 4_000_000)
    expect(bomb.length).toBeLessThan(10_000)
    const before = process.memoryUsage.rss()
    for (const work of [() => images.inspect(bomb), () => images.make(bomb, { width: 10 })])
      await refused(work(), { code: "STORAGE_IMAGE_TOO_LARGE", status: 413, details: { maxPixels: 50_000_000 } })
    expect(process.memoryUsage.rss() - before).toBeLessThan(100 * 1024 * 1024)
  })
  test("by a header that says less than comes is no image", async () => {
    // Ten thousand times the rows that it says it has: what is over is not unpacked.
    const lying = png(100, 100, 40_000_000)
    const before = process.memoryUsage.rss()
    const outcome = await images.make(lying).then(
      ({ width, height }) => [width, height],
      ({ code }: { code: string }) => code,
    )
    expect([[100, 100], "STORAGE_IMAGE_INVALID"]).toContainEqual(outcome as string)
    expect(process.memoryUsage.rss() - before).toBeLessThan(100 * 1024 * 1024)
    await refused(images.make(png(100, 100, 100)), { code: "STORAGE_IMAGE_INVALID" })
  })
  test.each([
    ["SVG", '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'],
    [
      "SVG behind a declaration",
      '<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>',
    ],
    ["PDF", "%PDF-1.7\n"],
    ["HTML", "<!doctype html><script>1</script>"],
    ["text", "no image"],
    ["nothing", ""],
  ])("by %s is refused by what it is, whatever it is called", async (_, text) => {
    const blob = new Blob([text], { type: "image/png" })
    await refused(images.make(blob), { code: "STORAGE_IMAGE_TYPE_REFUSED", status: 415 })
  })
  test("by what is cut off or broken is no image", async () => {
    await refused(images.make(photo.subarray(0, 2_000)), { code: "STORAGE_IMAGE_INVALID" })
    await refused(images.make(Buffer.concat([photo.subarray(0, 20), Buffer.alloc(100)])), {
      code: "STORAGE_IMAGE_INVALID",
    })
  })
  test("by bytes without end is ended", async () => {
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(100_000)),
    })
    await refused(images.make(endless), {
      code: "STORAGE_IMAGE_TOO_LARGE",
      details: { maxInputBytes: 20 * 1024 * 1024 },
    })
    await refused(createImages({ maxInputBytes: 100 }).inspect(photo), { code: "STORAGE_IMAGE_TOO_LARGE" })
  })
})

describe("work on images", () => {
  test("takes no longer than it may", async () => {
    const noise = Buffer.from(new Uint8Array(3_000 * 3_000 * 3).map((_, at) => (at * 2_654_435_761) >>> 24))
    const large = await sharp(noise, { raw: { width: 3_000, height: 3_000, channels: 3 } })
      .jpeg()
      .toBuffer()
    await refused(createImages({ timeoutMs: 5 }).make(large, { format: "avif" }), {
      code: "STORAGE_IMAGE_TIMEOUT",
      status: 503,
    })
  }, 60_000)
  test("is done for so many at once, and so many wait", async () => {
    const few = createImages({ atOnce: 1, maxWaiting: 2 })
    const outcomes = await Promise.allSettled([1, 2, 3, 4, 5].map(() => few.inspect(photo)))
    expect(outcomes.map(({ status }) => status)).toEqual([
      "fulfilled",
      "fulfilled",
      "fulfilled",
      "rejected",
      "rejected",
    ])
    expect((outcomes[4] as PromiseRejectedResult).reason).toMatchObject({ code: "STORAGE_IMAGES_BUSY" })
    await few.inspect(photo)
  })
  test("is refused where an option does not fit", async () => {
    for (const options of [
      { width: 0 },
      { height: 10_001 },
      { quality: 101 },
      { fit: "out" },
      { format: "svg" },
      { background: "url(x)" },
    ])
      await refused(images.make(photo, options as object), { code: "STORAGE_OPTION_INVALID" })
    for (const limits of [{ maxPixels: 0 }, { types: ["image/svg+xml"] }, { atOnce: 0 }])
      expect(() => createImages(limits)).toThrow("Expected")
  })
  test("says which package is missing", async () => {
    // In a folder where nothing is installed.
    const { mkdtempSync, rmSync } = await import("node:fs")
    const folder = mkdtempSync("/tmp/ashlar-images-")
    const built = await Bun.build({
      entrypoints: [`${import.meta.dir}/index.ts`],
      target: "node",
      outdir: folder,
      external: ["sharp"],
      naming: "[name].mjs",
    })
    expect(built.success).toBe(true)
    await Bun.write(
      `${folder}/run.mjs`,
      'import { createImages } from "./index.mjs"\nawait createImages().inspect("x").catch((e) => console.log(e.code, e.message))',
    )
    const child = Bun.spawnSync([process.execPath, "--no-install", `${folder}/run.mjs`], { cwd: folder })
    expect(child.stdout.toString()).toStartWith("STORAGE_IMAGE_PACKAGE_MISSING Work on images needs the package sharp")
    rmSync(folder, { recursive: true })
  })
})
