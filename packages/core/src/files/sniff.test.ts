import { describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { bytesOf, concat, randomOf } from "../testing/bytes.ts"
import { extensionOf, isNamed, resolveType } from "./file-type.ts"
import { DEEPER, REFINEMENTS, SIGNATURES } from "./signatures.ts"
import { SNIFF_BYTES, sniffType } from "./sniff.ts"

const hex = (digits: string): Uint8Array => Uint8Array.fromHex(digits.replaceAll(" ", ""))
const box = (brand: string): Uint8Array => concat(hex("0000001c"), `ftyp${brand}`, hex("00000200"), "mp41isom")
const riff = (kind: string): Uint8Array => concat("RIFF", hex("24000000"), kind, hex("00112233"))

/** A zip of entries without compression, as its local headers tell it. */
function zip(...entries: [name: string, content: string][]): Uint8Array {
  const local = entries.map(([name, content]) => {
    const header = new DataView(new ArrayBuffer(30))
    header.setUint32(0, 0x504b0304)
    header.setUint32(18, content.length, true)
    header.setUint32(22, content.length, true)
    header.setUint16(26, name.length, true)
    return concat(new Uint8Array(header.buffer), name, content)
  })
  return concat(...local)
}
const TYPES_XML: [string, string] = ["[Content_Types].xml", "x".repeat(1300)]
const utf16 = (text: string): Uint8Array => concat(hex("fffe"), new Uint8Array(Buffer.from(text, "utf16le")))

describe("the type of a file", () => {
  test.each<[string, Uint8Array]>([
    ["image/png", hex("89504e470d0a1a0a 0000000d49484452")],
    ["image/jpeg", hex("ffd8ffe0 00104a464946")],
    ["image/gif", concat("GIF89a", hex("0100"))],
    ["image/webp", riff("WEBP")],
    ["image/avif", box("avif")],
    ["image/heic", box("heic")],
    ["image/heif", box("mif1")],
    ["image/jxl", hex("0000000c4a584c200d0a870a00")],
    ["image/bmp", concat("BM", hex("36840300 00000000 36000000"))],
    ["image/tiff", hex("49492a0008000000")],
    ["image/x-icon", hex("0000010001001010")],
    ["image/svg+xml", bytesOf('<svg xmlns="http://www.w3.org/2000/svg"/>')],
    ["image/svg+xml", bytesOf('<?xml version="1.0"?>\n<!-- by hand -->\n<svg width="1">')],
    ["image/svg+xml", bytesOf('<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" ""><svg/>')],
    ["image/svg+xml", bytesOf('<x:svg xmlns:x="http://www.w3.org/2000/svg"><x:script/></x:svg>')],
    ["video/mp4", box("isom")],
    ["video/quicktime", box("qt  ")],
    ["audio/mp4", box("M4A ")],
    ["video/webm", concat(hex("1a45dfa3 9f4286810142f7810142f2810442f381084282 84"), "webm", hex("00"))],
    ["video/x-matroska", concat(hex("1a45dfa3 934282 88"), "matroska", hex("00"))],
    ["video/x-msvideo", riff("AVI ")],
    ["audio/wav", riff("WAVE")],
    ["audio/mpeg", concat("ID3", hex("0400000000"))],
    ["audio/mpeg", hex("fffb9064 00000000")],
    ["audio/aac", hex("fff15080 00000000")],
    ["audio/flac", concat("fLaC", hex("00000022"))],
    ["audio/ogg", concat("OggS", hex("0002"), new Uint8Array(20), "\x01vorbis")],
    ["video/ogg", concat("OggS", hex("0002"), new Uint8Array(20), Uint8Array.of(0x80), "theora")],
    ["application/pdf", bytesOf("%PDF-1.7\n%")],
    ["application/rtf", bytesOf("{\\rtf1\\ansi")],
    ["application/x-cfb", hex("d0cf11e0a1b11ae1 0000")],
    ["application/zip", zip(["a.txt", "hello"])],
    ["application/zip", hex("504b0506 00000000")],
    [
      "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
      zip(TYPES_XML, ["_rels/.rels", "x"], ["word/document.xml", "x"]),
    ],
    ["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", zip(TYPES_XML, ["xl/workbook.xml", "x"])],
    [
      "application/vnd.openxmlformats-officedocument.presentationml.presentation",
      zip(TYPES_XML, ["ppt/presentation.xml", "x"]),
    ],
    ["application/vnd.oasis.opendocument.text", zip(["mimetype", "application/vnd.oasis.opendocument.text"])],
    ["application/epub+zip", zip(["mimetype", "application/epub+zip"], ["META-INF/container.xml", "x"])],
    ["application/java-archive", zip(["META-INF/MANIFEST.MF", "x"])],
    ["application/gzip", new Uint8Array(Bun.gzipSync("hello"))],
    ["application/zstd", new Uint8Array(Bun.zstdCompressSync("hello"))],
    ["application/x-xz", hex("fd377a585a000004")],
    ["application/x-7z-compressed", hex("377abcaf271c0004")],
    ["application/vnd.rar", hex("526172211a0701 00")],
    ["application/x-tar", concat("file.txt", new Uint8Array(249), "ustar", hex("003030"))],
    ["application/wasm", hex("0061736d 01000000")],
    ["application/x-elf", new Uint8Array(readFileSync("/proc/self/exe").subarray(0, 64))],
    ["application/x-msdownload", concat("MZ", hex("90000300 00000400"))],
    ["application/x-mach-binary", hex("cffaedfe 07000001")],
    ["application/java-vm", hex("cafebabe 00000041")],
    ["application/vnd.sqlite3", concat("SQLite format 3\0", hex("1000"))],
    ["font/woff2", concat("wOF2", hex("00010000"))],
    ["text/html", bytesOf("<!DOCTYPE html><title>x</title>")],
    ["text/html", bytesOf("  \n\t<script>alert(1)</script>")],
    ["text/html", bytesOf("<!-- a --><!-- b -->\n<IFRAME src=x>")],
    ["text/html", bytesOf(`<!--${" ".repeat(SNIFF_BYTES)}`)],
    ["text/html", concat("<html>", hex("000102"))],
    ["text/html", concat(hex("efbbbf"), "<body onload=x>")],
    ["text/html", utf16("<script>alert(1)</script>")],
    ["text/html", bytesOf('<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">')],
    ["text/html", bytesOf("<!--ftypavif--><script>")],
    ["application/xml", bytesOf('<?xml version="1.0"?><rss/>')],
    ["application/x-php", bytesOf("<?php system($_GET[0]);")],
    ["application/x-php", bytesOf("<?= 1 ?>")],
    ["text/x-shellscript", bytesOf("#!/bin/sh\nrm")],
    ["text/plain", bytesOf("just text")],
    ["text/plain", bytesOf("a,b\r\n1,2\r\n")],
    ["text/plain", bytesOf('{"a": "<html>"}')],
    ["text/plain", bytesOf("<3 this")],
    ["text/plain", bytesOf("# Heading")],
    ["text/plain", bytesOf("MZ is text, and so is BM and ID3")],
    ["text/plain", bytesOf("MZ")],
    ["text/plain", utf16("text")],
    ["text/plain", new Uint8Array(0)],
    ["text/plain", Uint8Array.of(0xe4, 0xf6, 0xfc)],
    ["application/octet-stream", hex("00")],
    ["application/octet-stream", hex("0102030405")],
    ["text/plain", hex("89504e47")], // as browsers say: no byte of it is a binary one
    ["application/octet-stream", concat("RIFF", hex("24000000"), "XXXX", hex("00"))],
    ["application/octet-stream", concat(hex("01020304"), "ftypavif")],
  ])("is %s", (type, head) => {
    expect(sniffType(head)).toBe(type)
  })

  test("is told by the beginning alone", () => {
    const png = concat(hex("89504e470d0a1a0a"), new Uint8Array(SNIFF_BYTES))
    expect(sniffType(png)).toBe("image/png")
    expect(sniffType(concat(" ".repeat(SNIFF_BYTES), "<html>"))).toBe("text/plain")
  })

  test("is told of anything without an error", () => {
    for (let seed = 1; seed <= 3000; seed++) {
      const random = randomOf(seed)
      const start = [hex("504b0304"), bytesOf("<!--"), bytesOf("<?xml"), hex("1a45dfa3"), hex("fffe"), hex("")][
        random(6)
      ]!
      const head = concat(
        start,
        Uint8Array.from({ length: random(200) }, () => random(256)),
      )
      expect(sniffType(head)).toContain("/")
    }
  })
})

describe("the tables", () => {
  test("give every recognised type one extension, and one way to be refined", () => {
    for (const { type, extension } of SIGNATURES) expect([type, extensionOf(type)]).toEqual([type, extension])
    for (const extension of Object.values(DEEPER)) expect(extension).toMatch(/^\.[a-z0-9]+$/)
    const recognised = new Set([...SIGNATURES.map(({ type }) => type), ...Object.keys(DEEPER)])
    for (const base of Object.keys(REFINEMENTS)) expect(base === "text/plain" || recognised.has(base)).toBe(true)
  })

  test("have for every signature one that fits it", () => {
    for (const { type, at } of SIGNATURES) {
      const head = new Uint8Array(300)
      for (const probe of at) {
        const [place, digits] = probe.includes(":") ? (probe.split(":") as [string, string]) : ["0", probe]
        head.set(hex(digits.replace(/\[..\]/g, "")), Number(place))
      }
      // The container types need their content; all others are what their signature says.
      expect([type, "video/x-matroska"]).toContain(sniffType(head))
    }
  })
})

describe("what a file counts as", () => {
  test.each<[string, string, string]>([
    ["text/plain", "text/csv", "text/csv"],
    ["text/plain", "application/json", "application/json"],
    ["text/plain", "text/x-anything", "text/x-anything"],
    ["text/plain", "image/png", "text/plain"],
    ["text/plain", "text/html", "text/plain"],
    ["text/plain", "application/xhtml+xml", "text/plain"],
    ["text/plain", "text/xml", "text/plain"],
    ["text/plain", "application/octet-stream", "text/plain"],
    ["text/html", "image/png", "text/html"],
    ["text/html", "text/csv", "text/html"],
    ["image/svg+xml", "image/png", "image/svg+xml"],
    ["image/png", "image/jpeg", "image/png"],
    ["image/png", "application/x-thing", "image/png"],
    ["application/zip", "application/vnd.android.package-archive", "application/vnd.android.package-archive"],
    ["application/zip", "image/png", "application/zip"],
    ["application/x-cfb", "application/msword", "application/msword"],
    ["application/octet-stream", "application/x-thing", "application/x-thing"],
    ["application/octet-stream", "image/png", "application/octet-stream"],
    ["application/octet-stream", "text/csv", "application/octet-stream"],
    ["application/octet-stream", "application/vnd.ms-excel", "application/octet-stream"],
    ["constructor", "toString", "constructor"],
  ])("content %s, declared %s: %s", (sniffed, declared, type) => {
    expect(resolveType(sniffed, declared)).toBe(type)
  })

  test.each<[string, string[], boolean]>([
    ["image/png", ["image/png"], true],
    ["image/png", ["image/*"], true],
    ["image/png", ["image/jpeg", "video/*"], false],
    ["image/svg+xml", ["image/*"], false],
    ["image/svg+xml", ["image/*", "image/svg+xml"], true],
    ["text/html", ["text/*"], false],
    ["text/csv", ["text/*"], true],
    ["imagex/png", ["image/*"], false],
    ["image/png", [], false],
  ])("%s in %p: %p", (type, named, isIn) => {
    expect(isNamed(type, named)).toBe(isIn)
  })
})
