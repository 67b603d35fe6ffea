import { v } from "@ashlar/validation"

/** How this API tells every error: what is wrong, by the field or by the thing that it is about. */
export const Errors = v
  .object({ errors: v.record(v.string(), v.array(v.string())) })
  .meta({ id: "GenericErrorModel", examples: [{ errors: { title: ["can't be blank"] } }] })
