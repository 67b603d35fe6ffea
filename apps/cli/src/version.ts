import manifest from "../package.json" with { type: "json" }

/** The version of this command, and of the platform it starts. */
export const VERSION: string = manifest.version
