/** Where the server writes what happens: one line each, on standard error. */
export interface Log {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  error(message: string, error: unknown, fields?: Readonly<Record<string, unknown>>): void
}

/** JSON lines. Errors come with their causes and stacks, which callers never see. */
export function createLog(write: (line: string) => void = (line) => void process.stderr.write(line)): Log {
  const line = (level: string, message: string, fields: object): void =>
    write(`${JSON.stringify({ at: new Date().toISOString(), level, message, ...fields })}\n`)
  return {
    info: (message, fields = {}) => line("info", message, fields),
    error: (message, error, fields = {}) => line("error", message, { ...fields, error: describe(error) }),
  }
}

function describe(error: unknown): unknown {
  // A cause that crossed a thread is a plain object of the same shape.
  const isErrorLike = typeof error === "object" && error !== null && "message" in error
  if (!isErrorLike) return typeof error === "object" ? error : String(error)
  const { name, message, stack, cause } = error as Error
  return { name, message, stack, ...(cause !== undefined && { cause: describe(cause) }) }
}
