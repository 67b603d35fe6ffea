import { type Layer, layer } from "@ashlar/http"
import { Db } from "../services.ts"

/** Opens the database before the first request that needs it: models find it by themselves from then on. */
export const database: Layer = layer({ name: "database", before: async (ctx) => void (await ctx.use(Db)) })
