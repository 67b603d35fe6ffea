/** How a kind of file begins. */
export interface Signature {
  readonly type: string
  /** The usual extension, with its dot. */
  readonly extension: string
  /**
   * Bytes at places, all of which must fit: `"89504e47"` is those bytes at 0, `"0000", "4:66747970"` others at 4, and `"[e0]"` after
   * two digits is the mask for that byte (`"e0[e0]"`: the three top bits set).
   */
  readonly at: readonly string[]
}

const rows: readonly (readonly [type: string, extension: string, ...at: readonly string[]])[] = [
  // Images
  ["image/png", ".png", "89504e470d0a1a0a"],
  ["image/jpeg", ".jpg", "ffd8ff"],
  ["image/gif", ".gif", "474946383761"],
  ["image/gif", ".gif", "474946383961"],
  ["image/webp", ".webp", "52494646", "8:57454250"],
  ["image/avif", ".avif", "0000", "4:6674797061766966"],
  ["image/avif", ".avif", "0000", "4:6674797061766973"],
  ["image/heic", ".heic", "0000", "4:6674797068656963"],
  ["image/heic", ".heic", "0000", "4:6674797068656978"],
  ["image/heic", ".heic", "0000", "4:667479706865766d"],
  ["image/heic", ".heic", "0000", "4:667479706865766e"],
  ["image/heic", ".heic", "0000", "4:6674797068656973"],
  ["image/heif", ".heif", "0000", "4:667479706d696631"],
  ["image/heif", ".heif", "0000", "4:667479706d736631"],
  ["image/jxl", ".jxl", "ff0a"],
  ["image/jxl", ".jxl", "0000000c4a584c200d0a870a"],
  ["image/jp2", ".jp2", "0000000c6a5020200d0a870a"],
  ["image/bmp", ".bmp", "424d", "6:00000000"],
  ["image/tiff", ".tif", "49492a00"],
  ["image/tiff", ".tif", "4d4d002a"],
  ["image/x-icon", ".ico", "00000100"],
  ["image/vnd.adobe.photoshop", ".psd", "38425053"],
  // Video and audio
  ["video/quicktime", ".mov", "0000", "4:6674797071742020"],
  ["audio/mp4", ".m4a", "0000", "4:667479704d3441"],
  ["video/3gpp", ".3gp", "0000", "4:66747970336770"],
  ["video/mp4", ".mp4", "0000", "4:66747970"],
  ["video/quicktime", ".mov", "4:6d6f6f76"],
  ["video/webm", ".webm", "1a45dfa3"],
  ["video/x-msvideo", ".avi", "52494646", "8:41564920"],
  ["audio/wav", ".wav", "52494646", "8:57415645"],
  ["video/mpeg", ".mpg", "000001ba"],
  ["video/mpeg", ".mpg", "000001b3"],
  ["video/x-flv", ".flv", "464c5601"],
  ["audio/mpeg", ".mp3", "494433"],
  ["audio/mpeg", ".mp3", "ffe2[e6]"],
  ["audio/aac", ".aac", "fff0[f6]"],
  ["audio/flac", ".flac", "664c6143"],
  ["audio/ogg", ".ogg", "4f676753"],
  ["audio/midi", ".mid", "4d546864"],
  ["audio/amr", ".amr", "2321414d52"],
  ["audio/aiff", ".aiff", "464f524d", "8:41494646"],
  // Documents
  ["application/pdf", ".pdf", "255044462d"],
  ["application/rtf", ".rtf", "7b5c727466"],
  ["application/postscript", ".ps", "25215053"],
  ["application/x-cfb", ".cfb", "d0cf11e0a1b11ae1"],
  // Archives
  ["application/zip", ".zip", "504b0304"],
  ["application/zip", ".zip", "504b0506"],
  ["application/gzip", ".gz", "1f8b08"],
  ["application/x-bzip2", ".bz2", "425a68", "4:314159265359"],
  ["application/x-xz", ".xz", "fd377a585a00"],
  ["application/zstd", ".zst", "28b52ffd"],
  ["application/x-7z-compressed", ".7z", "377abcaf271c"],
  ["application/vnd.rar", ".rar", "526172211a07"],
  ["application/x-tar", ".tar", "257:7573746172"],
  ["application/vnd.ms-cab-compressed", ".cab", "4d53434600000000"],
  ["application/x-ar", ".a", "213c617263683e0a"],
  ["application/x-rpm", ".rpm", "edabeedb"],
  // Programs
  ["application/wasm", ".wasm", "0061736d"],
  ["application/x-elf", ".elf", "7f454c46"],
  ["application/x-mach-binary", ".macho", "feedface"],
  ["application/x-mach-binary", ".macho", "feedfacf"],
  ["application/x-mach-binary", ".macho", "cefaedfe"],
  ["application/x-mach-binary", ".macho", "cffaedfe"],
  ["application/java-vm", ".class", "cafebabe"],
  ["application/vnd.android.dex", ".dex", "6465780a"],
  ["application/x-ms-shortcut", ".lnk", "4c0000000114020000000000c000000000000046"],
  ["application/x-msdownload", ".exe", "4d5a"],
  // Data and fonts
  ["application/vnd.sqlite3", ".sqlite", "53514c69746520666f726d6174203300"],
  ["application/vnd.apache.parquet", ".parquet", "50415231"],
  ["font/woff", ".woff", "774f4646"],
  ["font/woff2", ".woff2", "774f4632"],
  ["font/ttf", ".ttf", "0001000000"],
  ["font/otf", ".otf", "4f54544f00"],
]

/**
 * The binary kinds that are known by how they begin; the first that fits counts, so the particular stand before the
 * general. What a container holds (a zip that is a document, an Ogg with a picture) `sniff.ts` looks into.
 *
 * @see https://mimesniff.spec.whatwg.org/#matching-a-mime-type-pattern and each format's own specification
 */
export const SIGNATURES: readonly Signature[] = rows.map(([type, extension, ...at]) => ({ type, extension, at }))

/** Kinds that take more than their first bytes to tell: `sniff.ts` looks for them in text and in containers. */
export const DEEPER: Readonly<Record<string, string>> = {
  "text/html": ".html",
  "image/svg+xml": ".svg",
  "application/xml": ".xml",
  "text/x-shellscript": ".sh",
  "application/x-php": ".php",
  "video/x-matroska": ".mkv",
  "video/ogg": ".ogv",
  "application/epub+zip": ".epub",
  "application/java-archive": ".jar",
  "application/vnd.oasis.opendocument.text": ".odt",
  "application/vnd.oasis.opendocument.spreadsheet": ".ods",
  "application/vnd.oasis.opendocument.presentation": ".odp",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
  "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
}

/** Kinds that look like another kind: where the content is that one, the sender's word decides between them. */
export const REFINEMENTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "text/plain": {
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    "text/markdown": ".md",
    "text/calendar": ".ics",
    "text/vcard": ".vcf",
    "text/css": ".css",
    "text/javascript": ".js",
    "application/json": ".json",
    "application/geo+json": ".geojson",
    "application/ld+json": ".jsonld",
    "application/x-ndjson": ".ndjson",
    "application/yaml": ".yaml",
    "application/toml": ".toml",
    "application/sql": ".sql",
  },
  "text/html": { "application/xhtml+xml": ".xhtml" },
  "application/xml": {
    "text/xml": ".xml",
    "application/atom+xml": ".atom",
    "application/rss+xml": ".rss",
    "application/gpx+xml": ".gpx",
    "application/vnd.google-earth.kml+xml": ".kml",
  },
  "application/zip": {
    "application/vnd.google-earth.kmz": ".kmz",
    "application/vnd.android.package-archive": ".apk",
    "model/vnd.usdz+zip": ".usdz",
    "model/3mf": ".3mf",
  },
  "application/java-archive": { "application/vnd.android.package-archive": ".apk" },
  "application/x-cfb": {
    "application/msword": ".doc",
    "application/vnd.ms-excel": ".xls",
    "application/vnd.ms-powerpoint": ".ppt",
    "application/vnd.ms-outlook": ".msg",
  },
  "video/webm": { "audio/webm": ".weba" },
  "video/mp4": { "audio/mp4": ".m4a", "video/x-m4v": ".m4v" },
  "audio/ogg": { "audio/opus": ".opus", "application/ogg": ".ogx" },
}
