/** The kinds of image whose size is read, and where it stands. */

export interface ImageSize {
  readonly width: number
  readonly height: number
}

/** How much of a file {@link readImageSize} wants to see: a photo may carry its camera's words and a preview in front. */
export const IMAGE_HEAD_BYTES = 524_288

/** Width and height in pixels, as stored: a turn that a camera noted is not applied. Undefined for anything else. */
export function readImageSize(head: Uint8Array): ImageSize | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const size = readPng(view) ?? readGif(view) ?? readWebp(view) ?? readJpeg(view)
  return size !== undefined && size.width > 0 && size.height > 0 ? size : undefined
}

/** @see https://www.w3.org/TR/png-3/#11IHDR */
function readPng(view: DataView): ImageSize | undefined {
  if (view.byteLength < 24 || view.getUint32(0) !== 0x89504e47 || view.getUint32(4) !== 0x0d0a1a0a) return undefined
  if (textAt(view, 12, 4) !== "IHDR") return undefined
  return { width: view.getUint32(16), height: view.getUint32(20) }
}

/** @see https://www.w3.org/Graphics/GIF/spec-gif89a.txt, section 18 */
function readGif(view: DataView): ImageSize | undefined {
  if (view.byteLength < 10 || !/^GIF8[79]a$/.test(textAt(view, 0, 6))) return undefined
  return { width: view.getUint16(6, true), height: view.getUint16(8, true) }
}

/** @see RFC 9649, sections 2.5 to 2.7: lossy, lossless and extended files each say it in their own way */
function readWebp(view: DataView): ImageSize | undefined {
  if (view.byteLength < 30 || textAt(view, 0, 4) !== "RIFF" || textAt(view, 8, 4) !== "WEBP") return undefined
  switch (textAt(view, 12, 4)) {
    case "VP8 ":
      if (view.getUint8(23) !== 0x9d || view.getUint16(24) !== 0x012a) return undefined
      return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff }
    case "VP8L": {
      const bits = view.getUint32(21, true)
      return view.getUint8(20) === 0x2f
        ? { width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 }
        : undefined
    }
    case "VP8X":
      return { width: uint24(view, 24) + 1, height: uint24(view, 27) + 1 }
    default:
      return undefined
  }
}

function uint24(view: DataView, at: number): number {
  return view.getUint16(at, true) + view.getUint8(at + 2) * 65_536
}

/** Segments of two bytes of length each, until the one that starts a frame. @see ITU-T T.81, annex B */
function readJpeg(view: DataView): ImageSize | undefined {
  if (view.byteLength < 4 || view.getUint16(0) !== 0xffd8) return undefined
  for (let at = 2; at + 9 <= view.byteLength; ) {
    if (view.getUint8(at) !== 0xff) return undefined
    const marker = view.getUint8(at + 1)
    if (marker === 0xff)
      at++ // fill bytes may stand before any marker
    else if (isFrame(marker)) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) }
    else at += 2 + Math.max(2, view.getUint16(at + 2))
  }
  return undefined
}

/** SOF0 to SOF15, but for the three that are tables. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
}

function textAt(view: DataView, at: number, length: number): string {
  let text = ""
  for (let place = at; place < at + length; place++) text += String.fromCharCode(view.getUint8(place))
  return text
}
