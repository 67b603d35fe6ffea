import { createConfig, lintFromString } from "@redocly/openapi-core"
import { validate } from "@scalar/openapi-parser"
import { Validator } from "@seriousme/openapi-schema-validator"

/** What authors may leave out: a licence, and errors where there are none. */
const AUTHORS: ReadonlySet<string> = new Set(["info-license", "operation-4xx-response"])

/** What is wrong with a document, in the words of three judges that share no code: empty when all of them take it. */
export async function openApiProblems(document: object): Promise<readonly string[]> {
  const text = JSON.stringify(document)
  const own = JSON.parse(text) as Record<string, unknown>
  const bySchema = await new Validator().validate(structuredClone(own))
  const byParser = await validate(structuredClone(own))
  const config = await createConfig({ extends: ["recommended"] })
  const byLint = await lintFromString({ source: text, absoluteRef: "openapi.json", config })
  return [
    ...(bySchema.valid ? [] : [`openapi-schema-validator: ${JSON.stringify(bySchema.errors)}`]),
    ...(byParser.errors ?? []).map((error) => `openapi-parser: ${JSON.stringify(error)}`),
    ...byLint
      .filter(({ ruleId }) => !AUTHORS.has(ruleId))
      .map(
        ({ severity, ruleId, message, location }) =>
          `redocly ${severity} ${ruleId}: ${message} at ${location[0]?.pointer}`,
      ),
  ]
}
