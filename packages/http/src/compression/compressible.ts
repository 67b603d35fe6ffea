/** Types of which a text is made, or something as wordy. All others are compressed already, or are not known. */
const COMPRESSIBLE =
  /^(?:text\/.+|application\/(?:json|javascript|ecmascript|xml|xhtml\+xml|wasm|yaml|toml|sql|rtf|graphql|manifest|x-ndjson|ndjson|jsonl|x-www-form-urlencoded|x-javascript|x-sh|x-tar|vnd\.ms-fontobject)|[a-z]+\/[a-z0-9.-]+\+(?:json|xml|yaml|text)|image\/(?:svg\+xml|bmp|x-icon|vnd\.microsoft\.icon)|font\/(?:ttf|otf|collection)|model\/(?:gltf\+json|obj|stl))$/

/** Whether a body of this content type becomes smaller. */
export function isCompressible(contentType: string): boolean {
  const end = contentType.indexOf(";")
  return COMPRESSIBLE.test((end === -1 ? contentType : contentType.slice(0, end)).trim().toLowerCase())
}
