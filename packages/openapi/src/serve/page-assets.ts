import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { brotliDecompressSync } from "node:zlib"

/** A script of the page: its name changes with its content, so that it may be kept for ever. */
export interface Asset {
  readonly name: string
  readonly bytes: Uint8Array
  /** How the bytes are coded; undefined: not at all. */
  readonly encoding: "br" | undefined
  /** The bytes for who does not take the coding. */
  plain(): Uint8Array
}

const SCALAR_VERSION = "1.76.0"

let scalar: Asset | undefined
let start: Asset | undefined

/** The page's renderer, vendored. It is read when somebody first looks at the page. @see ../../vendor/README.md */
export function scalarScript(): Asset {
  if (scalar !== undefined) return scalar
  const bytes = readFileSync(new URL("../../vendor/scalar.js.br", import.meta.url))
  let plain: Uint8Array | undefined
  scalar = {
    name: `scalar-${SCALAR_VERSION}.js`,
    bytes,
    encoding: "br",
    plain() {
      plain ??= brotliDecompressSync(bytes)
      return plain
    },
  }
  return scalar
}

/** The script that starts the renderer with what the page says of itself. */
export function startScript(): Asset {
  if (start !== undefined) return start
  const bytes = readFileSync(new URL("./page/start.js", import.meta.url))
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 12)
  start = { name: `start-${hash}.js`, bytes, encoding: undefined, plain: () => bytes }
  return start
}
