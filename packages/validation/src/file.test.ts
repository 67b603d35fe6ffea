import { describe, expect, test } from "bun:test"
import { toJsonSchema } from "./json-schema.ts"
import type { AnyAsyncSchema, AnySchema } from "./schema.ts"
import { v } from "./v.ts"
import { validate, validateAsync } from "./validate.ts"

const hex = (digits: string): Uint8Array<ArrayBuffer> => new Uint8Array(Uint8Array.fromHex(digits.replaceAll(" ", "")))

/** The heads of images of 640 by 480 pixels, as each format writes it. */
const heads: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = {
  png: hex("89504e470d0a1a0a 0000000d 49484452 00000280 000001e0 08060000 00"),
  gif: hex("474946383961 8002 e001 f70000"),
  jpeg: hex("ffd8 ffe0 0010 4a46494600010100000100010000 ff ffc2 0011 08 01e0 0280 03 012200 021101 031101"),
  "webp lossy": hex("52494646 24000000 57454250 56503820 18000000 300100 9d012a 8002 e001 0000"),
  "webp lossless": hex("52494646 24000000 57454250 5650384c 18000000 2f 7fc27700 00000000 00"),
  "webp extended": hex("52494646 24000000 57454250 56503858 0a000000 00000000 7f0200 df0100"),
}

async function outcome(schema: AnySchema | AnyAsyncSchema, value: unknown): Promise<unknown> {
  const { issues } = await validateAsync(schema, value)
  return issues ? issues.map(({ code, message }) => `${code}: ${message}`) : "taken"
}

describe("v.file()", () => {
  const photo = new File([heads.png!], "photo.PNG")
  test.each<[AnySchema | AnyAsyncSchema, unknown, unknown]>([
    [v.file(), photo, "taken"],
    [v.file(), new Blob(["x"]), "taken"],
    [v.file(), { bytes: new Uint8Array(3) }, "taken"],
    [v.file(), { bytes: [1, 2] }, ["type: Expected a file, got an object."]],
    [
      v.file(),
      JSON.parse('{"type":"image/png","path":"/etc/passwd","bytes":{}}'),
      ["type: Expected a file, got an object."],
    ],
    [v.file(), "file", ["type: Expected a file, got a string."]],
    [v.file().minBytes(1).maxBytes(100), photo, "taken"],
    [v.file().maxBytes(3), photo, ["too_big: Expected at most 3 bytes, got 29 bytes."]],
    [v.file().minBytes(1), new Blob([]), ["too_small: Expected at least 1 byte, got 0 bytes."]],
    [v.file().maxBytes(1), { bytes: new Uint8Array(2) }, ["too_big: Expected at most 1 byte, got 2 bytes."]],
    [v.file().extensions([".png", ".tar.gz"]), photo, "taken"],
    [v.file().extensions([".png"]), { bytes: new Uint8Array(1), name: "0190-uuid", originalName: "a.png" }, "taken"],
    [
      v.file().extensions([".png"]),
      { bytes: new Uint8Array(1), name: "a.exe" },
      ['format: Expected a file name that ends in .png, got "a.exe".'],
    ],
    [
      v.file().extensions([".png"]),
      new File([], ".png"),
      ['format: Expected a file name that ends in .png, got ".png".'],
    ],
    [v.file().extensions([".png"]), new Blob([]), ["format: Expected a file name that ends in .png, got nothing."]],
    [v.file().types(["image/png"]), photo, "taken"],
    [v.file().types(["image/*"]), { bytes: heads.gif }, "taken"],
    [
      v.file().types(["image/*"]),
      new File(["<svg onload=alert(1)>"], "a.png", { type: "image/png" }),
      ["format: Expected a file of type image/*, got image/svg+xml."],
    ],
    [
      v.file().types(["image/png"]),
      new File(["<html>"], "a.png", { type: "image/png" }),
      ["format: Expected a file of type image/png, got text/html."],
    ],
    [v.file().image(), new Blob(["text"]), ["format: Expected a PNG, JPEG, GIF or WebP image, got text/plain."]],
    [v.file().image({ maxWidth: 640, maxHeight: 480, minWidth: 640, minHeight: 480 }), photo, "taken"],
    [v.file().image({ maxWidth: 639 }), photo, ["too_big: Expected a width of at most 639 pixels, got 640 pixels."]],
    [v.file().image({ minHeight: 481, message: "Too flat." }), photo, ["too_small: Too flat."]],
    [
      v.file().types(["image/gif"]).image({ maxWidth: 1 }).maxBytes(1),
      photo,
      ["too_big: Expected at most 1 byte, got 29 bytes."],
    ],
    [
      v.object({ avatar: v.file().types(["image/png"]).optional() }),
      { avatar: new Blob(["x"]) },
      ["format: Expected a file of type image/png, got text/plain."],
    ],
    [v.object({ avatar: v.file().types(["image/png"]).optional() }), {}, "taken"],
  ])("row %#", async (schema, value, expected) => {
    expect(await outcome(schema, value)).toEqual(expected)
  })

  test.each(Object.keys(heads))("reads the size of %s", async (name) => {
    const bytes = heads[name]!
    expect(
      await outcome(
        v.file().image({ minWidth: 640, maxWidth: 640, minHeight: 480, maxHeight: 480 }),
        new Blob([bytes]),
      ),
    ).toBe("taken")
    for (let length = 0; length < bytes.length - 12; length++)
      expect(await outcome(v.file().image(), { bytes: bytes.subarray(0, length) })).not.toBe("taken")
  })

  test("a JPEG of segments without an end is given up", async () => {
    const loop = new Uint8Array(600_000).fill(0xff)
    loop.set([0xff, 0xd8])
    const started = performance.now()
    expect(await outcome(v.file().image(), new Blob([loop]))).toEqual([
      "format: Expected a PNG, JPEG, GIF or WebP image, got image/jpeg.",
    ])
    const zeros = hex(`ffd8${"ffe00000".repeat(50_000)}`)
    expect(await outcome(v.file().image(), { bytes: zeros })).toEqual([
      "format: Expected a PNG, JPEG, GIF or WebP image, got image/jpeg.",
    ])
    expect(performance.now() - started).toBeLessThan(1_000)
  })

  test("answers at once where no content has to be read", () => {
    expect(validate(v.file().maxBytes(100), photo)).toEqual({ value: photo })
  })

  test("in JSON Schema", () => {
    expect(toJsonSchema(v.file().maxBytes(9))).toMatchObject({ type: "string", format: "binary", maxLength: 9 })
    expect(v.file().types(["image/png"])["~standard"].jsonSchema.input({ target: "draft-2020-12" })).toMatchObject({
      contentMediaType: "image/png",
    })
  })

  test.each([
    () => v.file().types([]),
    () => v.file().extensions([""]),
    () => v.file().maxBytes(-1),
    () => v.file().image({ maxWidth: 0.5 }),
  ])("row %# makes no schema", (build) => {
    expect(build).toThrow(expect.objectContaining({ code: "VALIDATION_SCHEMA_INVALID" }))
  })
})
