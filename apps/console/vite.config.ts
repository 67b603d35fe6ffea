import { createHash } from "node:crypto"
import tailwindcss from "@tailwindcss/vite"
import react from "@vitejs/plugin-react"
import { defineConfig, type Plugin } from "vite"

/** Where the API of a development server listens; `ASHLAR_URL` names another. */
const api = process.env.ASHLAR_URL ?? "http://127.0.0.1:4000"

/**
 * Writes `dist/csp.json`: the content security policy the built page works under, and the hash of its one inline script
 * (the theme, which must be set before the first paint). Any other inline script fails the build.
 */
function contentSecurityPolicy(): Plugin {
  return {
    name: "content-security-policy",
    apply: "build",
    enforce: "post",
    generateBundle(_options, bundle) {
      const page = bundle["index.html"]
      if (page?.type !== "asset") return this.error("Expected the build to emit index.html.")
      const scripts = [...String(page.source).matchAll(/<script>([\s\S]*?)<\/script>/g)].map((match) => match[1] ?? "")
      if (scripts.length !== 1) return this.error(`Expected one inline script in index.html, got ${scripts.length}.`)
      const hashes = scripts.map((script) => `sha256-${createHash("sha256").update(script).digest("base64")}`)
      const policy = [
        "default-src 'none'",
        `script-src 'self' ${hashes.map((hash) => `'${hash}'`).join(" ")}`,
        "style-src 'self'",
        "font-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
      ].join("; ")
      this.emitFile({
        type: "asset",
        fileName: "csp.json",
        source: `${JSON.stringify({ scriptHashes: hashes, contentSecurityPolicy: policy }, null, 2)}\n`,
      })
    },
  }
}

export default defineConfig(({ command }) => {
  // A test run that builds must get what people get, not React's development build.
  if (command === "build") process.env.NODE_ENV = "production"
  return {
    plugins: [react(), tailwindcss(), contentSecurityPolicy()],
    server: {
      host: "127.0.0.1",
      proxy: { "/v1": api, "/f": api, "/health": api, "/openapi.json": api, "/docs": api, "/metrics": api },
    },
    build: {
      target: "es2023",
      // A data: font or icon would need a wider policy than 'self'.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      manifest: "manifest.json",
    },
  }
})
