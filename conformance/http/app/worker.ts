import app from "./app.ts"

/** workerd: the platform listens. */
export default { fetch: (request: Request): Promise<Response> => app.fetch(request) }
