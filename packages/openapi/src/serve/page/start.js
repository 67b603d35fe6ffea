/** Starts the renderer on the documents that the page names. Everything that would leave this site is off. */
const page = document.getElementById("reference")
const sources = JSON.parse(page.dataset.documents)

globalThis.Scalar.createApiReference(page, {
  sources,
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
