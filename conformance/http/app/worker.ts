import { toWorker, type WorkerHandler } from "@ashlar/http/workers"
import app from "./app.ts"

/** workerd: the platform listens. */
const worker: WorkerHandler<unknown> = toWorker(app)
export default worker
