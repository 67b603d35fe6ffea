import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { brotliDecompressSync } from "node:zlib"
import { PageMissing } from "../errors.ts"

/** A script of the page: its name changes with its content, so that it may be kept for ever. */
export interface Asset {
  readonly name: string
  /** The script with Brotli, if it is kept so. @throws {OPENAPI_PAGE_MISSING} */
  readonly compressed?: () => Uint8Array
  /** @throws {OPENAPI_PAGE_MISSING} */
  readonly plain: () => Uint8Array | string
}

/** Starts the renderer on the documents that the page names. Everything that would leave this site is off. */
const START = `const page = document.getElementById("reference")
globalThis.Scalar.createApiReference(page, {
  sources: JSON.parse(page.dataset.documents),
  theme: "default",
  withDefaultFonts: false,
  telemetry: false,
  showDeveloperTools: "never",
  hideClientButton: true,
  agent: { disabled: true },
  mcp: { disabled: true },
  externalUrls: {},
  persistAuth: false,
  defaultOpenFirstTag: true,
  documentDownloadType: "none",
})
`

export const startScript: Asset = {
  name: `start-${createHash("sha256").update(START).digest("hex").slice(0, 12)}.js`,
  plain: () => START,
}

let compressed: Uint8Array | undefined
let plain: Uint8Array | undefined

/** The page's renderer, vendored. It is read when somebody first looks at the page. @see ../../vendor/README.md */
export const scalarScript: Asset = {
  name: "scalar-1.76.0.js",
  compressed() {
    compressed ??= readVendored("scalar.js.br")
    return compressed
  },
  plain() {
    plain ??= brotliDecompressSync(scalarScript.compressed!())
    return plain
  },
}

/** Beside this file; or, where a bundler has put this file elsewhere, in the package that is installed beside the bundle. */
function readVendored(name: string): Uint8Array {
  try {
    return readFileSync(new URL(`../../vendor/${name}`, import.meta.url))
  } catch {
    try {
      return readFileSync(new URL(import.meta.resolve(`@ashlar/openapi/vendor/${name}`)))
    } catch (cause) {
      throw new PageMissing(
        "The page's script is not beside the bundle. Install @ashlar/openapi there, or say `docs: false`",
        {
          cause,
        },
      )
    }
  }
}
