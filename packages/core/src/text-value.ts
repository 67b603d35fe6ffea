import type { StandardResult, StandardSchemaV1 } from "./standard-schema.ts"

/**
 * Validates a value that came as text, from the environment, a flag or a URL: the schema is offered the text as it is,
 * and if it refuses, the JSON value that the text spells. So `8080` fits an integer, `true` a boolean, `["a"]` a list,
 * and a string schema that accepts `8080` gets the string.
 */
export async function readText<Output>(
  schema: StandardSchemaV1<unknown, Output>,
  text: unknown,
): Promise<StandardResult<Output>> {
  const asText = await schema["~standard"].validate(text)
  if (!asText.issues || typeof text !== "string") return asText
  const spelled = parseJson(text)
  if (spelled === undefined) return asText
  const asJson = await schema["~standard"].validate(spelled)
  if (!asJson.issues) return asJson
  // Which of the two was meant nobody knows, so both are said, once if they are the same.
  const [first, second] = [asText.issues[0]?.message, asJson.issues[0]?.message]
  return first === second ? asText : { issues: [{ message: `${first} (Read as JSON: ${second})` }] }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
