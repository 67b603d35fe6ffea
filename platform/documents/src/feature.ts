import type { Feature } from "@ashlar/sqlite"
import { catalogueTableSql } from "./dialects/sqlite/catalogue.ts"

/** What documents keep in a project's file. Open the file with it, then give the file to `openDocuments`. */
export const documentsFeature: Feature = {
  name: "documents",
  migrations: [{ id: 1, name: "collections", sql: [catalogueTableSql] }],
  procedures: new URL("./dialects/sqlite/procedures.ts", import.meta.url),
}
