import { PageMissing } from "../errors.ts"

/** A script of the page: its name changes with its content, so that it may be kept for ever. */
export interface Asset {
  readonly name: string
  /** The script with Brotli, if it is kept so. @throws {OPENAPI_PAGE_MISSING} */
  readonly compressed?: () => Promise<Uint8Array>
  /** @throws {OPENAPI_PAGE_MISSING} */
  readonly plain: () => Promise<Uint8Array | string>
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

export const startScript: Asset = { name: `start-${fingerprint(START)}.js`, plain: async () => START }

let compressed: Promise<Uint8Array> | undefined
let plain: Promise<Uint8Array> | undefined

/** The page's renderer, vendored. It is read when somebody first looks at the page. @see ../../vendor/README.md */
export const scalarScript: Asset = {
  name: "scalar-1.76.0.js",
  compressed() {
    compressed ??= readVendored("scalar.js.br")
    return compressed
  },
  plain() {
    plain ??= decompress(scalarScript.compressed!())
    return plain
  },
}

/**
 * Beside this file; or, where a bundler has put this file elsewhere, in the package that is installed beside the bundle. What
 * reads files is loaded here, so that documents are served where there are none.
 */
async function readVendored(name: string): Promise<Uint8Array> {
  try {
    const { readFile } = await import("node:fs/promises")
    const beside = await readFile(new URL(`../../vendor/${name}`, import.meta.url)).catch(() => undefined)
    return beside ?? (await readFile(new URL(import.meta.resolve(`@ashlar/openapi/vendor/${name}`))))
  } catch (cause) {
    throw new PageMissing(
      "The page's script is not beside the bundle. Install @ashlar/openapi there, or say `docs: false`",
      {
        cause,
      },
    )
  }
}

async function decompress(bytes: Promise<Uint8Array>): Promise<Uint8Array> {
  const { brotliDecompressSync } = await import("node:zlib")
  return brotliDecompressSync(await bytes)
}

/** Enough to tell one state of a script from the next. @see http://www.isthe.com/chongo/tech/comp/fnv/ (FNV-1a, 32 bits) */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5
  for (const character of text) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, "0")
}
