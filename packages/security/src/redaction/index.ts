export { RedactionInvalid } from "../errors.ts"
export { createRedactor, type Plain, type RedactOptions, type Redactor, redact } from "./redactor.ts"
export { type SecretPattern, tokenPatterns } from "./secret-patterns.ts"
